#include "src/crypto/stream_hash.h"

#include <doctest/doctest.h>

#include <string>

#include "unit/crypto/hasher.h"

namespace hawser::test {
namespace {

using crypto::Hash;
using crypto::StreamHash;

TEST_CASE("stream hash: pieces of any size give the digest of the whole") {
  std::string message;
  for (int i = 0; i < 1000; ++i) message += static_cast<char>(i * 31);
  for (const Hash hash : {Hash::kSha256, Hash::kSha384, Hash::kSha512}) {
    for (const std::size_t piece : {1, 7, 64, 1000}) {
      auto stream = StreamHash::create(hash, hasher());
      REQUIRE(stream);
      for (std::size_t at = 0; at < message.size(); at += piece) stream->add(message.substr(at, piece));
      CHECK(stream->finish() == hasher().digest(hash, message));
    }
  }
}

TEST_CASE("stream hash: of nothing") {
  auto stream = StreamHash::create(Hash::kSha256, hasher());
  REQUIRE(stream);
  CHECK(stream->finish() == hasher().digest(Hash::kSha256, ""));
}

}  // namespace
}  // namespace hawser::test
