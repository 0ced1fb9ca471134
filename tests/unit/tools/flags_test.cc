#include "tools/common/flags.h"

#include <doctest/doctest.h>

#include <vector>

namespace hawser::test {
namespace {

using tools::Flags;
using tools::FlagSpec;

// A variable that no environment has.
constexpr FlagSpec kSpecs[] = {
    {.name = "target",
     .value_name = "ADDRESS",
     .help = "Where",
     .fallback = "here",
     .environment = "HAWSER_NO_SUCH"},
    {.name = "home", .value_name = "PATH", .help = "Home", .environment = "PATH"},
    {.name = "count", .value_name = "N", .help = "How many", .fallback = "1"},
    {.name = "wait", .value_name = "TIME", .help = "How long"},
    {.name = "json", .value_name = "", .help = "As JSON"},
};

Result<Flags> parse(std::vector<const char*> args) { return Flags::parse("prog", "Does it.", kSpecs, args); }

TEST_CASE("Flags: given, from the environment, or the fallback") {
  const auto flags = parse({"--count", "3", "--json"});
  REQUIRE(flags);
  CHECK(flags->text("target") == "here");
  CHECK(flags->text("home") != "");
  CHECK(flags->text("count") == "3");
  CHECK(flags->text("wait") == "");
  CHECK(flags->is_on("json"));
  CHECK_FALSE(flags->is_on("wait"));
  CHECK(flags->text_to_print() == "");
  CHECK_FALSE(parse({})->is_on("json"));
  CHECK(parse({"--home=/x"})->text("home") == "/x");
  CHECK(flags->is_given("count"));
  CHECK_FALSE(flags->is_given("target"));
  CHECK_FALSE(flags->is_given("home"));
  CHECK(flags->is_from_environment("home"));
  CHECK_FALSE(parse({"--home=/x"})->is_from_environment("home"));
}

TEST_CASE("Flags: numbers and durations, with the flag's name in the complaint") {
  const auto flags = parse({"--count=x", "--wait", "5s"});
  CHECK(flags->duration("wait") == Duration(std::chrono::seconds(5)));
  CHECK(flags->count("count", 1, 9).error().detail == "--count: \"x\" is not a number from 1 to 9");
  CHECK(flags->duration("home").error().detail.starts_with("PATH: "));
}

TEST_CASE("Flags: arguments come by name, repeated flags all at once") {
  constexpr FlagSpec specs[] = {
      {.name = "meta", .value_name = "M", .help = "Some", .repeatable = true},
      {.name = "on", .value_name = "", .help = "Switch"},
  };
  constexpr tools::ArgumentSpec arguments[] = {{"WHERE"}, {"WHAT"}, {"HOW", true}};
  const auto read = [&](std::vector<const char*> args) {
    return Flags::parse("prog", "Does it.", specs, args, arguments);
  };
  const auto flags = read({"here", "--meta", "a=b,c", "{\"x\": 1, \"y\": 2}", "--meta=d", "--on"});
  REQUIRE(flags);
  CHECK(flags->text("WHERE") == "here");
  CHECK(flags->text("WHAT") == "{\"x\": 1, \"y\": 2}");
  CHECK_FALSE(flags->is_on("HOW"));
  CHECK(flags->is_on("on"));
  CHECK(flags->texts("meta") == std::vector<std::string>{"a=b,c", "d"});
  CHECK(read({"here", "--", "--what"})->text("WHAT") == "--what");
  CHECK(read({"here"}).error().detail == "WHAT is missing");
  CHECK(read({"1", "2", "3", "4"}).error().detail == "unexpected argument \"4\"");
  CHECK(read({"--help"})->text_to_print().find("WHERE WHAT [HOW]") != std::string::npos);
}

TEST_CASE("Flags: what isn't known is refused") {
  CHECK(parse({"--nothing"}).error().scope == ErrorScope::kUsage);
  CHECK(parse({"stray"}).error().detail == "unexpected argument \"stray\"");
  CHECK_FALSE(parse({"--count"}));
}

TEST_CASE("Flags: help shows every flag with its default, version the version") {
  const std::string help = parse({"--help"})->text_to_print();
  for (const char* part :
       {"Does it.", "--target ADDRESS", "Default $HAWSER_NO_SUCH", "--json", "--version"}) {
    CAPTURE(part);
    CHECK(help.find(part) != std::string::npos);
  }
  CHECK(parse({"--version"})->text_to_print() == "prog " HAWSER_VERSION "\n");
}

}  // namespace
}  // namespace hawser::test
