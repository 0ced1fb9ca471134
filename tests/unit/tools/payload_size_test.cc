#include "tools/profile/payload_size.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "echo.pb.h"
#include "support/allocation_counter.h"
#include "tools/profile/sized_request.h"

namespace hawser::test {
namespace {

using profile::PayloadDraws;
using profile::PayloadSize;
using profile::SizedRequest;

PayloadDraws draws(std::string_view text, std::uint64_t seed = 1, std::size_t thread = 0) {
  auto size = PayloadSize::parse(text);
  REQUIRE_MESSAGE(size, size.error().detail);
  return {*size, seed, thread};
}

std::map<std::size_t, int> count(PayloadDraws sizes, int calls) {
  std::map<std::size_t, int> counts;
  for (int i = 0; i < calls; ++i) ++counts[sizes.next()];
  return counts;
}

TEST_CASE("payload sizes: one for all calls") {
  for (const char* text : {"0", "23", "1073741824"}) {
    CAPTURE(text);
    CHECK(PayloadSize::parse(text)->is_fixed());
    CHECK(PayloadSize::parse(text)->text() == text);
  }
  CHECK(count(draws("23"), 100) == std::map<std::size_t, int>{{23, 100}});
  CHECK(count(draws("23:100%"), 100) == std::map<std::size_t, int>{{23, 100}});
  CHECK(PayloadSize::parse("7..7")->is_fixed());
}

TEST_CASE("payload sizes: any of a range, each as likely") {
  CHECK_FALSE(PayloadSize::parse("16..25")->is_fixed());
  CHECK(PayloadSize::parse("16..25")->largest() == 25);
  const auto counts = count(draws("16..25"), 10'000);
  CHECK(counts.size() == 10);
  CHECK(counts.begin()->first == 16);
  CHECK(counts.rbegin()->first == 25);
  for (const auto& drawn : counts) {
    const auto calls = drawn.second;
    CAPTURE(drawn.first);
    CHECK(calls > 850);  // 1000 +- 30
    CHECK(calls < 1150);
  }
}

TEST_CASE("payload sizes: a mix has its shares") {
  const auto counts = count(draws("64:90%,0:9.5%,1000..1001:0.5%"), 100'000);
  REQUIRE(counts.size() == 4);
  CHECK(counts.at(64) == doctest::Approx(90'000).epsilon(0.01));
  CHECK(counts.at(0) == doctest::Approx(9500).epsilon(0.05));
  CHECK(counts.at(1000) + counts.at(1001) == doctest::Approx(500).epsilon(0.2));
  CHECK(PayloadSize::parse("64:90%,65536:10%")->largest() == 65'536);
  // Decimals that don't add up exactly.
  CHECK(PayloadSize::parse("1:33.3%,2:33.3%,3:33.4%"));
  CHECK(PayloadSize::parse("1:10%,2:20%,3:70%"));
}

TEST_CASE("payload sizes: the same for the same seed, others for another seed or thread") {
  const auto first = [](std::uint64_t seed, std::size_t thread) {
    PayloadDraws sizes = draws("0..1000000", seed, thread);
    return std::to_string(sizes.next()) + ' ' + std::to_string(sizes.next());
  };
  CHECK(first(1, 0) == first(1, 0));
  CHECK(first(1, 0) != first(2, 0));
  CHECK(first(1, 0) != first(1, 1));
  CHECK(first(1, 0) != first(1 + (std::uint64_t{1} << 32), 0));
}

TEST_CASE("payload sizes: what is none is refused, and says what is one") {
  for (const char* text : {"",
                           "x",
                           "-1",
                           "1.5",
                           "5 ",
                           "10..5",
                           "..5",
                           "5..",
                           "1...2",
                           "1073741825",
                           "1..1073741825",
                           "64:90%",
                           "64:90%,65536",
                           "64,65536",
                           "64:90%,65536:20%",
                           "64:0%,5:100%",
                           "64:x,5:50%",
                           "64:90,5:10",
                           "64:90%,",
                           ",64:100%",
                           "64:-10%,5:110%",
                           "64:nan%",
                           "99999999999999999999"}) {
    CAPTURE(text);
    const auto size = PayloadSize::parse(text);
    REQUIRE_FALSE(size);
    CHECK(size.error().scope == ErrorScope::kUsage);
    CHECK(size.error().detail.find("write 23, 16..4096") != std::string::npos);
  }
  std::string many = "1:1%";
  for (int i = 0; i < 99; ++i) many += ",1:1%";
  CHECK_FALSE(PayloadSize::parse(many));
}

TEST_CASE("Sized request: it is the message that protobuf would have written") {
  for (const char* text : {"0", "1", "127", "128", "16383", "16384", "0..70000"}) {
    CAPTURE(text);
    SizedRequest request({}, ::echo::EchoRequest::kPayloadFieldNumber, draws(text));
    for (int i = 0; i < 100; ++i) {
      const profile::Request one = request.next();
      CHECK(one.message.size() <= request.largest());
      ::echo::EchoRequest expected;
      expected.set_payload(std::string(one.payload_bytes, 'x'));
      REQUIRE(one.message == expected.SerializeAsString());
    }
  }
}

TEST_CASE("Sized request: the other fields are there, whatever the size") {
  ::echo::EchoRequest rest;
  rest.set_timestamp(1'700'000'000'000);
  rest.set_want_server_latency(true);
  SizedRequest request(rest.SerializeAsString(), ::echo::EchoRequest::kPayloadFieldNumber,
                       draws("0:30%,5:30%,200..300:40%"));
  bool was_empty = false;
  for (int i = 0; i < 100; ++i) {
    const profile::Request one = request.next();
    ::echo::EchoRequest parsed;
    REQUIRE(parsed.ParseFromArray(one.message.data(), static_cast<int>(one.message.size())));
    CHECK(parsed.payload().size() == one.payload_bytes);
    CHECK(parsed.timestamp() == 1'700'000'000'000);
    CHECK(parsed.want_server_latency());
    was_empty = was_empty || one.payload_bytes == 0;
  }
  CHECK(was_empty);
}

TEST_CASE("Sized request: drawing allocates nothing" * doctest::skip(!AllocationCounter::kAvailable)) {
  SizedRequest request("rest", 1, draws("0..100000:50%,7:50%"));
  const AllocationCounter allocations;
  std::size_t bytes = 0;
  for (int i = 0; i < 1000; ++i) bytes += request.next().message.size();
  const std::uint64_t calls_of_new = allocations.calls();
  CHECK(calls_of_new == 0);
  CHECK(bytes > 1'000'000);
}

}  // namespace
}  // namespace hawser::test
