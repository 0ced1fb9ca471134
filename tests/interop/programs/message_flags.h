// Whether a message came compressed, as grpc-core knows it. It tells its own interop tests by a function that
// no installed header declares (libgrpc exports it), and the contexts let those tests in as friends.
#pragma once

#include <cstdint>

#include <grpc/grpc.h>

// NOLINTNEXTLINE(readability-redundant-declaration): libgrpc's
std::uint32_t grpc_call_test_only_get_message_flags(grpc_call* call);

namespace hawser::interop {

/// Of the message that the call received last.
inline bool was_compressed(grpc_call* call) {
  constexpr std::uint32_t kCompressed = 0x80000000u;    // GRPC_WRITE_INTERNAL_COMPRESS
  constexpr std::uint32_t kDecompressed = 0x40000000u;  // GRPC_WRITE_INTERNAL_TEST_ONLY_WAS_COMPRESSED
  return (grpc_call_test_only_get_message_flags(call) & (kCompressed | kDecompressed)) != 0;
}

}  // namespace hawser::interop
