#include "hawser/grpc/timeout.h"

#include <doctest/doctest.h>

#include <string>

#include "support/seed.h"

namespace hawser::test {
namespace {

using grpc::parse_timeout;
using grpc::TimeoutText;
using namespace std::chrono_literals;

std::string text_of(Duration remaining) { return std::string(TimeoutText(remaining).view()); }

TEST_CASE("parse_timeout: one to eight digits and a unit") {
  CHECK(parse_timeout("1n") == Duration(1));
  CHECK(parse_timeout("2u") == Duration(2us));
  CHECK(parse_timeout("3m") == Duration(3ms));
  CHECK(parse_timeout("4S") == Duration(4s));
  CHECK(parse_timeout("5M") == Duration(5min));
  CHECK(parse_timeout("6H") == Duration(6h));
  CHECK(parse_timeout("99999999n") == Duration(99'999'999));
  CHECK(parse_timeout("00000001S") == Duration(1s));
}

TEST_CASE("parse_timeout: zero is a timeout that has passed, not a missing one") {
  for (const char* text : {"0n", "0u", "0m", "0S", "0M", "0H", "00000000H"}) {
    CAPTURE(text);
    CHECK(parse_timeout(text) == Duration::zero());
  }
}

TEST_CASE("parse_timeout: what the clock can't hold becomes its longest") {
  CHECK(parse_timeout("99999999H") == Duration::max());
  // 2^63 nanoseconds are 2,562,047.8 hours.
  CHECK(parse_timeout("2562048H") == Duration::max());
  CHECK(parse_timeout("2562047H") == Duration(2'562'047h));
  CHECK(parse_timeout("99999999M") == Duration(99'999'999min));
  CHECK(saturating_add(Instant(1h), *parse_timeout("99999999H")) == kNever);
}

TEST_CASE("parse_timeout: everything else is malformed") {
  for (const std::string_view text :
       {"",    "1",   "n",    "H",   "S1",       "1s",        "1h",        "1N",         "1U",         "1x",
        "1 S", " 1S", "1S ",  "+1S", "-1S",      "1.5S",      "0x1S",      "123456789n", "000000001S", "1SS",
        "1mS", "1,S", "\t1S", "S",   "12345678", "123456789", "1\xc2\xb5", "1%53"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timeout(text).has_value());
  }
  CHECK_FALSE(parse_timeout(std::string_view("1\0S", 3)).has_value());
  CHECK_FALSE(parse_timeout(std::string_view("1S\0", 3)).has_value());
}

TEST_CASE("TimeoutText: the finest unit that fits eight digits") {
  CHECK(text_of(Duration(1)) == "1n");
  CHECK(text_of(Duration(99'999'999)) == "99999999n");
  CHECK(text_of(Duration(100'000'000)) == "100000u");
  CHECK(text_of(1s) == "1000000u");
  CHECK(text_of(100s) == "100000m");
  CHECK(text_of(100'000s) == "100000S");
  CHECK(text_of(100'000'000s) == "1666667M");
  CHECK(text_of(Duration::max()) == "2562048H");
}

TEST_CASE("TimeoutText: rounds up, so that the server never gives up first") {
  CHECK(text_of(Duration(100'000'001)) == "100001u");
  CHECK(text_of(Duration(100s) + Duration(1)) == "100001m");
  CHECK(text_of(Duration(99'999'999'001)) == "100000m");
}

TEST_CASE("TimeoutText: at least one nanosecond") {
  CHECK(text_of(Duration::zero()) == "1n");
  CHECK(text_of(Duration(-5s)) == "1n");
  CHECK(text_of(Duration::min()) == "1n");
}

TEST_CASE("TimeoutText: what it writes parses to no less and hardly more") {
  std::mt19937_64 random = seeded_generator(0x71);
  for (int i = 0; i < 20'000; ++i) {
    const Duration duration(static_cast<std::int64_t>(random() >> 1 >> random() % 63) + 1);
    CAPTURE(duration.count());
    const auto parsed = parse_timeout(TimeoutText(duration).view());
    REQUIRE(parsed.has_value());
    REQUIRE(*parsed >= duration);
    // One unit is at most a millionth of eight digits' worth, and the coarsest unit is the hour.
    REQUIRE((*parsed == Duration::max() || *parsed - duration <= Duration(duration / 1'000'000 + 1h)));
  }
}

}  // namespace
}  // namespace hawser::test
