// The metadata that servers of the interop service echo, and the values that clients send
// (gRPC doc/interop-test-descriptions.md, "Echo Metadata").
#pragma once

#include <string_view>

namespace hawser::interop {

/// Comes back in the initial metadata.
inline constexpr std::string_view kEchoInitial = "x-grpc-test-echo-initial";
inline constexpr std::string_view kEchoInitialValue = "test_initial_metadata_value";
/// Comes back in the trailing metadata.
inline constexpr std::string_view kEchoTrailing = "x-grpc-test-echo-trailing-bin";
inline constexpr std::string_view kEchoTrailingValue = "\xAB\xAB\xAB";

}  // namespace hawser::interop
