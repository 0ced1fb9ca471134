// Compressed messages in tests.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "hawser/grpc/compression.h"
#include "support/bytes.h"
#include "support/frame_script.h"

namespace hawser::test {

/// `text` in that encoding; it must be one that gets smaller.
inline std::string compressed(grpc::Encoding encoding, std::string_view text) {
  ByteQueue out;
  REQUIRE(grpc::compress(encoding, as_bytes(text), out));
  return as_text(out.readable());
}

/// The same as a gRPC message: its prefix says that it is compressed.
inline std::string compressed_message(grpc::Encoding encoding, std::string_view text) {
  return grpc_message(compressed(encoding, text), true);
}

/// What a gRPC message says whose prefix says that it is compressed, and which is the last of `body`.
inline std::string inflated(grpc::Encoding encoding, std::string_view body) {
  REQUIRE(body.size() > 5);
  REQUIRE(body[0] == 1);
  REQUIRE(from_big_endian(body.substr(1, 4)) == body.size() - 5);
  ByteQueue out;
  REQUIRE(grpc::decompress(encoding, as_bytes(body.substr(5)), 100'000'000, out));
  return as_text(out.readable());
}

}  // namespace hawser::test
