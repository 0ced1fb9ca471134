// No bit of a keystore can change, and no byte can go, without being noticed.
#include <doctest/doctest.h>

#include <string>

#include "src/keystore/body.h"
#include "src/keystore/keystore.h"
#include "unit/keystore/store_fixture.h"

namespace hawser::test {
namespace {

using keystore::Envelope;
using keystore::exit_code_of;

// As Keystore::open() does, without the file system.
bool opens(const std::string& file, const keystore::StoreSecret& secret) {
  const auto envelope = Envelope::unlock(file, secret);
  if (!envelope) return false;
  const auto body = envelope->open(file);
  return body && keystore::decode_body(body->view(), hasher());
}

std::string stored(const keystore::StoreSecret& secret) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  const auto store = keystore::Keystore::create(path, secret, keystore::kSmallCost, hasher());
  REQUIRE(store);
  REQUIRE((*store)->save(map_of(make_key("signing"))));
  return read_file(path);
}

std::string flipped(std::string bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  return bytes;
}

TEST_CASE("Damage: with any one bit flipped a keystore is refused") {
  const auto secret = raw_key();
  const std::string file = stored(secret);
  REQUIRE(opens(file, secret));
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    CAPTURE(bit);
    CHECK_FALSE(opens(flipped(file, bit), secret));
  }
}

TEST_CASE("Damage: cut off at any length a keystore is refused, and with bytes behind it") {
  const auto secret = raw_key();
  const std::string file = stored(secret);
  for (std::size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(opens(file.substr(0, size), secret));
  }
  CHECK_FALSE(opens(file + '\0', secret));
  CHECK_FALSE(opens(file + file, secret));
}

// Most flips of a header cost nothing, for they make it one that isn't read. Those of salt and wrapped key
// cost an Argon2id each: one bit of eight bytes.
TEST_CASE("Damage: with a bit flipped a keystore of a passphrase is refused") {
  const auto secret = passphrase("correct horse");
  const std::string file = stored(secret);
  REQUIRE(opens(file, secret));
  constexpr std::size_t kSalt = 19;
  constexpr std::size_t kEndOfWrappedKey = 107;
  std::size_t bit = 0;
  while (bit < 8 * file.size()) {
    CAPTURE(bit);
    CHECK_FALSE(opens(flipped(file, bit), secret));
    bit += bit < 8 * kSalt ? 1 : bit < 8 * kEndOfWrappedKey ? 61 : 997;
  }
}

TEST_CASE("Damage: a file that was damaged on the disk is refused and left as it is") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  REQUIRE(create_store(path));
  const std::string damaged = flipped(read_file(path), 1000);
  write_file(path, damaged);
  const auto refused = open_store(path);
  REQUIRE_FALSE(refused);
  CHECK(exit_code_of(refused.error()) == 2);
  CHECK(refused.error().detail.find("damaged") != std::string::npos);
  CHECK(read_file(path) == damaged);
}

}  // namespace
}  // namespace hawser::test
