#include "tools/profile/hdr_encoding.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/seed.h"
#include "tools/profile/deflate.h"

namespace hawser::test {
namespace {

using profile::hdr_decode;
using profile::hdr_encode;
using profile::hdr_encode_compressed;
using profile::Histogram;
using std::chrono::nanoseconds;
using namespace std::string_literals;  // lint: allow using-namespace: the suffix for bytes with zeros

bool has_zlib() { return profile::deflate("x").has_value(); }

void check_same(const Histogram& one, const Histogram& other) {
  REQUIRE(one.count() == other.count());
  CHECK(
      std::equal(one.buckets().begin(), one.buckets().end(), other.buckets().begin(), other.buckets().end()));
}

TEST_CASE("HDR encoding: the bytes that HdrHistogram writes") {
  Histogram histogram;
  histogram.record(nanoseconds(0));
  histogram.record(nanoseconds(3));
  histogram.record(nanoseconds(3));
  CHECK(hdr_encode(histogram) == "\x1c\x84\x93\x13"s + "\0\0\0\3"s + "\0\0\0\0"s + "\0\0\0\3"s +
                                     "\0\0\0\0\0\0\0\1"s + "\0\0\3\xff\xff\xff\xff\xff"s +
                                     "\x3f\xf0\0\0\0\0\0\0"s + "\2\3\4"s);
}

TEST_CASE("HDR encoding: an empty histogram is its head alone") {
  CHECK(hdr_encode(Histogram()).size() == 40);
  const auto decoded = hdr_decode(hdr_encode(Histogram()));
  REQUIRE(decoded);
  CHECK(decoded->count() == 0);
}

TEST_CASE("HDR encoding: what was encoded is decoded, in both forms") {
  std::mt19937_64 random = seeded_generator(0x4159);
  for (int round = 0; round < 20; ++round) {
    Histogram histogram;
    for (int i = 0; i < 2000; ++i) histogram.record(nanoseconds(random() >> (22 + random() % 42)));
    histogram.record_bucket(Histogram::kBuckets - 1, random() >> 1);
    histogram.record_bucket(random() % Histogram::kBuckets, std::uint64_t{1} << (random() % 60));
    const auto plain = hdr_decode(hdr_encode(histogram));
    REQUIRE(plain);
    check_same(histogram, *plain);
    if (!has_zlib()) continue;
    const auto compressed = hdr_encode_compressed(histogram);
    REQUIRE(compressed);
    const auto again = hdr_decode(*compressed);
    REQUIRE(again);
    check_same(histogram, *again);
  }
}

TEST_CASE("HDR encoding: counts of every size") {
  for (int bits = 0; bits < 63; ++bits) {
    Histogram histogram;
    histogram.record_bucket(5, (std::uint64_t{1} << bits) + (bits > 0 ? 1 : 0));
    const auto decoded = hdr_decode(hdr_encode(histogram));
    REQUIRE(decoded);
    check_same(histogram, *decoded);
  }
}

TEST_CASE("HDR encoding: what is none is refused") {
  const std::string good = [] {
    Histogram histogram;
    histogram.record(std::chrono::seconds(3));
    return hdr_encode(histogram);
  }();
  REQUIRE(hdr_decode(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    const auto decoded = hdr_decode(std::string_view(good).substr(0, size));
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().scope == ErrorScope::kUsage);
  }
  std::string digits = good;
  digits[15] = 2;
  CHECK_FALSE(hdr_decode(digits));
  // One more bucket than there are: a run of all, and a count.
  std::string buckets = good.substr(0, 40);
  buckets[7] = 4;
  CHECK_FALSE(hdr_decode(buckets + "\xff\xff\xff\x7f"s));
}

TEST_CASE("HDR encoding: compressed nonsense is refused") {
  if (!has_zlib()) return;
  CHECK_FALSE(hdr_decode("\x1c\x84\x93\x14\0\0\0\5hello"s));
  const auto inner = profile::deflate("\x1c\x84\x93\x14\0\0\0\5hello"s);
  REQUIRE(inner);
  CHECK_FALSE(hdr_decode("\x1c\x84\x93\x14\0\0\0"s + static_cast<char>(inner->size()) + *inner));
}

}  // namespace
}  // namespace hawser::test
