#include "hawser/grpc/compression.h"

#include <array>
#include <limits>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "hawser/grpc/status.h"
#include "support/bytes.h"
#include "support/compressed.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using grpc::Encoding;
using grpc::StatusCode;

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
constexpr std::array kCompressionReal = {Encoding::kDeflate, Encoding::kGzip};

struct Outcome {
  StatusCode code = StatusCode::kOk;
  std::string text;
  std::size_t capacity = 0;
};

Outcome decompressed(Encoding encoding, std::string_view input, std::size_t limit = kNoLimit) {
  ByteQueue out;
  const auto result = grpc::decompress(encoding, as_bytes(input), limit, out);
  if (result) return {StatusCode::kOk, as_text(out.readable()), out.capacity()};
  CHECK(result.error().scope == ErrorScope::kStream);
  CHECK_FALSE(result.error().detail.empty());
  CHECK(out.empty());
  return {static_cast<StatusCode>(result.error().code), {}, out.capacity()};
}

// "hello hello hello hello" by Python's zlib.compress: not our own output.
const std::string kForeignDeflate = "\x78\x9c\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01\x68\x03\x08\xb1";
const std::string kForeignText = "hello hello hello hello";

}  // namespace

TEST_CASE("Compression: what is supported is advertised") {
  CHECK(grpc::EncodingSet::parse(grpc::accept_encoding()) == grpc::supported_encodings());
  for (const Encoding encoding : grpc::kAllEncodings) CHECK(grpc::supported_encodings().contains(encoding));
}

TEST_CASE("Compression: messages of all sizes come back") {
  auto random = seeded_generator(0xC0);
  for (const Encoding encoding : kCompressionReal) {
    for (const std::size_t size : {64U, 1000U, 4096U, 4097U, 70'000U, 3'000'000U}) {
      std::string text(size, 'a');
      for (std::size_t i = 0; i < size; i += 7) text[i] = static_cast<char>('a' + random() % 4);
      const std::string small = compressed(encoding, text);
      CHECK(small.size() < text.size());
      CHECK(decompressed(encoding, small).text == text);
      CHECK(decompressed(encoding, small, size).text == text);
    }
  }
}

TEST_CASE("Compression: deflate is the zlib format, as another implementation writes it (P-61)") {
  CHECK(decompressed(Encoding::kDeflate, kForeignDeflate).text == kForeignText);
  // Its body without the two bytes of header and the checksum is raw deflate.
  const std::string raw = kForeignDeflate.substr(2, kForeignDeflate.size() - 6);
  CHECK(decompressed(Encoding::kDeflate, raw).code == StatusCode::kInternal);
}

TEST_CASE("Compression: the formats are not mistaken for each other") {
  const std::string text(500, 'x');
  CHECK(compressed(Encoding::kGzip, text).substr(0, 2) == "\x1f\x8b");
  CHECK(decompressed(Encoding::kDeflate, compressed(Encoding::kGzip, text)).code == StatusCode::kInternal);
  CHECK(decompressed(Encoding::kGzip, compressed(Encoding::kDeflate, text)).code == StatusCode::kInternal);
}

TEST_CASE("Compression: an empty message of either format is a message") {
  const std::string deflate("\x78\x9c\x03\x00\x00\x00\x00\x01", 8);
  const Outcome outcome = decompressed(Encoding::kDeflate, deflate, 0);
  CHECK(outcome.code == StatusCode::kOk);
  CHECK(outcome.text.empty());
}

TEST_CASE("Compression: corrupt data of every kind is INTERNAL (P-59)") {
  const std::string text = "the quick brown fox, the quick brown fox, the quick brown fox";
  for (const Encoding encoding : kCompressionReal) {
    const std::string good = compressed(encoding, text);
    for (std::size_t size = 0; size < good.size(); ++size) {  // cut short anywhere
      CHECK(decompressed(encoding, good.substr(0, size)).code == StatusCode::kInternal);
    }
    CHECK(decompressed(encoding, good + "x").code == StatusCode::kInternal);
    CHECK(decompressed(encoding, good + good).code == StatusCode::kInternal);
    CHECK(decompressed(encoding, "no such thing at all").code == StatusCode::kInternal);
    std::string broken = good;
    broken[good.size() / 2] ^= 0x55;
    CHECK(decompressed(encoding, broken).code != StatusCode::kOk);
  }
}

TEST_CASE("Compression: a bomb stops at the limit, and costs no more memory than that (S-26)") {
  const std::string text(50'000'000, '\0');
  for (const Encoding encoding : kCompressionReal) {
    const std::string bomb = compressed(encoding, text);
    CHECK(bomb.size() < 100'000);
    for (const std::size_t limit : {0U, 1U, 4096U, 100'000U, 4'000'000U}) {
      const Outcome outcome = decompressed(encoding, bomb, limit);
      CHECK(outcome.code == StatusCode::kResourceExhausted);
      CHECK(outcome.capacity <= 2 * limit + 64 * 1024);
    }
  }
}

TEST_CASE("Compression: the limit itself still fits") {
  const std::string text(1000, 'y');
  for (const Encoding encoding : kCompressionReal) {
    const std::string small = compressed(encoding, text);
    CHECK(decompressed(encoding, small, 1000).code == StatusCode::kOk);
    CHECK(decompressed(encoding, small, 999).code == StatusCode::kResourceExhausted);
  }
}

TEST_CASE("Compression: what would not get smaller is left alone") {
  ByteQueue out;
  for (const Encoding encoding : kCompressionReal) {
    for (const char* text : {"", "a", "short"}) CHECK_FALSE(grpc::compress(encoding, as_bytes(text), out));
    auto random = seeded_generator(0xC1);
    std::string noise(10'000, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    CHECK_FALSE(grpc::compress(encoding, as_bytes(noise), out));
    CHECK(out.empty());
  }
}

}  // namespace hawser::test
