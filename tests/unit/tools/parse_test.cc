#include "tools/common/parse.h"

#include <doctest/doctest.h>

#include <limits>

namespace hawser::test {
namespace {

using tools::format_duration;
using tools::parse_count;
using tools::parse_duration;
using namespace std::chrono_literals;

TEST_CASE("parse_count: digits within the bounds") {
  CHECK(parse_count("1", 1, 10) == 1);
  CHECK(parse_count("10", 1, 10) == 10);
  CHECK(parse_count("18446744073709551615", 0, std::numeric_limits<std::uint64_t>::max()) ==
        std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"0", "11", "", "-1", "+1", " 1", "1 ", "1.5", "x", "18446744073709551616"}) {
    CAPTURE(text);
    const auto value = parse_count(text, 1, 10);
    REQUIRE_FALSE(value);
    CHECK(value.error().scope == ErrorScope::kUsage);
    CHECK(value.error().detail == '"' + std::string(text) + "\" is not a number from 1 to 10");
  }
}

TEST_CASE("parse_duration: a number and a unit, milliseconds without") {
  CHECK(parse_duration("500") == Duration(500ms));
  CHECK(parse_duration("0") == Duration{});
  CHECK(parse_duration("7ns") == Duration(7ns));
  CHECK(parse_duration("7us") == Duration(7us));
  CHECK(parse_duration("7ms") == Duration(7ms));
  CHECK(parse_duration("10s") == Duration(10s));
  CHECK(parse_duration("2m") == Duration(2min));
  CHECK(parse_duration("8760h") == Duration(8760h));
  for (const char* text :
       {"", "s", "-1s", "1.5s", "1 s", "1d", "1S", "8761h", "99999999999999999999s", "9999999999999h"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("format_duration: three digits that matter") {
  CHECK(format_duration(0ns) == "0 ns");
  CHECK(format_duration(741ns) == "741 ns");
  CHECK(format_duration(1234ns) == "1.23 us");
  CHECK(format_duration(12'345ns) == "12.3 us");
  CHECK(format_duration(123'456ns) == "123 us");
  CHECK(format_duration(1500us) == "1.50 ms");
  CHECK(format_duration(90s) == "90.0 s");
}

}  // namespace
}  // namespace hawser::test
