#include "hawser/codec/json.h"

#include <doctest/doctest.h>

#include <string>

#include "support/sockets.h"

namespace hawser::test {
namespace {

using codec::Json;

TEST_CASE("Json: values of every kind") {
  const Json json = value_of(
      codec::parse_json_object(R"({"a": 1.5, "b": "t\u00e4xt", "c": [true, null, {"d": false}], "e": {}})"));
  REQUIRE(json.kind == Json::Kind::kObject);
  CHECK(json.find("a")->number == 1.5);
  CHECK(json.find("b")->text == "t\xC3\xA4xt");
  const Json& list = *json.find("c");
  REQUIRE(list.items.size() == 3);
  CHECK(list.items[0].boolean);
  CHECK(list.items[1].kind == Json::Kind::kNull);
  CHECK(list.items[2].find("d")->kind == Json::Kind::kBool);
  CHECK(json.find("e")->kind == Json::Kind::kObject);
  CHECK(json.find("none") == nullptr);
  CHECK(list.find("d") == nullptr);
}

TEST_CASE("Json: what is no object is refused, however deep") {
  for (const char* text : {"", "[]", "1", "{", "{\"a\":}", "{} {}", "\xFF"}) {
    CAPTURE(text);
    const auto json = codec::parse_json_object(text);
    REQUIRE_FALSE(json);
    CHECK(json.error().scope == ErrorScope::kUsage);
  }
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  CHECK_FALSE(codec::parse_json_object(deep));
}

}  // namespace
}  // namespace hawser::test
