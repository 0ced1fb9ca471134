#include "src/keystore/envelope.h"

#include <doctest/doctest.h>

#include <string>

#include "unit/keystore/store_fixture.h"

namespace hawser::test {
namespace {

using keystore::Envelope;
using keystore::parse_header;
using keystore::StoreSecret;

constexpr std::size_t kKdfOffset = 6;
constexpr std::size_t kPassesOffset = 7;
constexpr std::size_t kMemoryOffset = 11;
constexpr std::size_t kPrefixBytes = 107;

std::string with_byte(std::string bytes, std::size_t at, int value) {
  bytes[at] = static_cast<char>(value);
  return bytes;
}

// Of a store with that cost, whether or not anybody would write it.
std::string header(std::uint32_t passes, std::uint64_t memory_bytes) {
  std::string bytes("NVKS\x01\x00\x01", 7);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(passes >> (8 * i)));
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(memory_bytes >> (8 * i)));
  return bytes + std::string(16, 's');
}

constexpr std::uint64_t kMiB = 1 << 20;

TEST_CASE("Envelope: what is sealed opens again, with the raw key that it was made with") {
  const auto envelope = Envelope::create(raw_key(), {});
  REQUIRE(envelope);
  for (const std::string& body : {std::string(), std::string("body"), std::string(100'000, 'b')}) {
    const std::string file = envelope->seal(secret(body));
    CHECK(file.size() == kPrefixBytes + 40 + body.size());
    CHECK(envelope->open(file)->view() == body);
    const auto unlocked = Envelope::unlock(file, raw_key());
    REQUIRE(unlocked);
    CHECK(unlocked->open(file)->view() == body);
    CHECK_FALSE(Envelope::unlock(file, raw_key('x')));
  }
}

TEST_CASE("Envelope: a file begins as its documentation says") {
  const std::string raw = Envelope::create(raw_key(), keystore::kDefaultCost)->seal(secret("b"));
  CHECK(raw.substr(0, 19) == std::string("NVKS\x01\x00\x00", 7) + std::string(12, '\0'));
  const auto parsed = parse_header(header(3, 256 * kMiB));
  REQUIRE(parsed);
  CHECK(parsed->kind == StoreSecret::Kind::kPassphrase);
  CHECK(parsed->cost.passes == 3);
  CHECK(parsed->cost.memory_bytes == 256 * kMiB);
  CHECK(parsed->salt == std::string(16, 's'));
}

TEST_CASE("Envelope: neither secret nor body can be seen in a file") {
  const std::string file = Envelope::create(raw_key(), {})->seal(secret("a body of some length"));
  CHECK(file.find("a body of") == std::string::npos);
  CHECK(file.find("kkkk") == std::string::npos);
}

TEST_CASE("Envelope: every file has its own salt, data key and nonces") {
  const auto one = Envelope::create(raw_key(), {});
  const std::string first = one->seal(secret("body"));
  const std::string second = one->seal(secret("body"));
  CHECK(first.substr(0, kPrefixBytes) == second.substr(0, kPrefixBytes));
  CHECK(first.substr(kPrefixBytes) != second.substr(kPrefixBytes));
  const std::string other = Envelope::create(raw_key(), {})->seal(secret("body"));
  CHECK(other.substr(19, 16) != first.substr(19, 16));
  CHECK_FALSE(one->open(other));
}

TEST_CASE("Envelope: a body of one file doesn't open behind the header of another") {
  const std::string one = Envelope::create(raw_key(), {})->seal(secret("body"));
  const std::string other = Envelope::create(raw_key(), {})->seal(secret("body"));
  const std::string mixed = one.substr(0, kPrefixBytes) + other.substr(kPrefixBytes);
  const auto unlocked = Envelope::unlock(mixed, raw_key());
  REQUIRE(unlocked);
  CHECK_FALSE(unlocked->open(mixed));
}

TEST_CASE("Envelope: a cost below INTERACTIVE or above ten passes and 1 GiB is refused before it is paid") {
  for (const auto& [passes, memory] :
       {std::pair<std::uint32_t, std::uint64_t>{2, 64 * kMiB}, {3, 256 * kMiB}, {10, 1024 * kMiB}}) {
    CHECK(parse_header(header(passes, memory)));
  }
  for (const auto& cost : {crypto::Argon2Cost{1, 64 * kMiB},
                           {0, 0},
                           {2, 32 * kMiB},
                           {11, 64 * kMiB},
                           {2, 2048 * kMiB},
                           {2, 0},
                           {2, ~std::uint64_t{0}},
                           {~std::uint32_t{0}, 64 * kMiB},
                           {2, 96 * kMiB}}) {
    CAPTURE(cost.passes);
    CAPTURE(cost.memory_bytes);
    const auto refused =
        Envelope::unlock(header(cost.passes, cost.memory_bytes) + std::string(200, 'x'), passphrase("p"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("64 MiB to 1 GiB") != std::string::npos);
  }
}

TEST_CASE("Envelope: no single wrong bit of a header makes opening it cost more memory") {
  for (const auto& cost : {keystore::kSmallCost, keystore::kDefaultCost, keystore::kHighestCost}) {
    const std::string good = header(cost.passes, cost.memory_bytes);
    for (std::size_t bit = 8 * kMemoryOffset; bit < 8 * (kMemoryOffset + 8); ++bit) {
      CHECK_FALSE(parse_header(with_byte(good, bit / 8, good[bit / 8] ^ 1 << bit % 8)));
    }
  }
}

TEST_CASE("Envelope: what is no store, is newer, or is cut off is told apart") {
  const std::string good = Envelope::create(raw_key(), {})->seal(secret("body"));
  const auto says = [&](const std::string& file, std::string_view words) {
    const auto refused = Envelope::unlock(file, raw_key());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().scope == ErrorScope::kUsage);
    CHECK(refused.error().detail.find(words) != std::string::npos);
  };
  says("", "no Hawser keystore");
  says("-----BEGIN PRIVATE KEY-----", "no Hawser keystore");
  says(good.substr(0, 20), "cut off");
  says(good.substr(0, kPrefixBytes - 1), "cut off");
  says(with_byte(good, 4, 2), "version 2");
  says(with_byte(good, kKdfOffset, 2), "key derivation");
  says(with_byte(good, kPassesOffset, 2), "key derivation");
  says(with_byte(good, 50, good[50] ^ 1), "wrong or the file is damaged");
}

TEST_CASE("Envelope: a secret of the wrong kind is named as that") {
  const std::string file = Envelope::create(raw_key(), {})->seal(secret("body"));
  CHECK(Envelope::unlock(file, passphrase("p")).error().detail.find("opened by a raw key") !=
        std::string::npos);
  const auto other = Envelope::unlock(header(2, 64 * kMiB) + std::string(200, 'x'), raw_key());
  CHECK(other.error().detail.find("opened by a passphrase") != std::string::npos);
}

TEST_CASE("Envelope: a passphrase opens what it sealed, and no other does") {
  const auto envelope = Envelope::create(passphrase("correct horse"), keystore::kSmallCost);
  REQUIRE(envelope);
  const std::string file = envelope->seal(secret("body"));
  CHECK(file.substr(0, 19) == header(2, 64 * kMiB).substr(0, 19));
  const auto unlocked = Envelope::unlock(file, passphrase("correct horse"));
  REQUIRE(unlocked);
  CHECK(unlocked->open(file)->view() == "body");
  const auto wrong = Envelope::unlock(file, passphrase("correct house"));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().detail.find("passphrase is wrong or the file is damaged") != std::string::npos);
  CHECK(wrong.error().detail.find("house") == std::string::npos);
}

}  // namespace
}  // namespace hawser::test
