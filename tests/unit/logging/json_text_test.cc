#include "src/logging/json_text.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

std::string json(std::string_view bytes, std::size_t most = 1024) {
  std::string out;
  logging::append_json_string(out, bytes, most);
  return out;
}

}  // namespace

TEST_CASE("json text: plain text and UTF-8 stay as they are") {
  CHECK(json("") == "\"\"");
  CHECK(json("tls:spiffe://corp/a b") == "\"tls:spiffe://corp/a b\"");
  CHECK(json("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91") == "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91\"");
}

TEST_CASE("json text: what would end the string or the line, or speak to a terminal, is escaped") {
  CHECK(json("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(json("a\nb\r\t") == "\"a\\nb\\u000d\\u0009\"");
  CHECK(json(std::string_view("\0\x1b\x7f", 3)) == "\"\\u0000\\u001b\\u007f\"");
  CHECK(json("\xe2\x80\xa8\xe2\x80\xa9") == "\"\\u2028\\u2029\"");
  CHECK(json("\xc2\x85\xc2\x9b") == "\"\\u0085\\u009b\"");
  CHECK(json("\xc2\xa0") == "\"\xc2\xa0\"");
}

TEST_CASE("json text: each byte that isn't UTF-8 becomes a replacement character") {
  const std::string r = "\xef\xbf\xbd";
  CHECK(json("a\xff"
             "b") == '"' + ("a" + r + "b") + '"');
  CHECK(json("\x80") == '"' + r + '"');
  CHECK(json("\xc3") == '"' + r + '"');                          // cut off
  CHECK(json("\xc3(") == '"' + r + "(\"");                       // no continuation
  CHECK(json("\xc0\xaf") == '"' + r + r + '"');                  // overlong '/'
  CHECK(json("\xe0\x9f\xbf") == '"' + r + r + r + '"');          // overlong
  CHECK(json("\xed\xa0\x80") == '"' + r + r + r + '"');          // a surrogate
  CHECK(json("\xf0\x8f\xbf\xbf") == '"' + r + r + r + r + '"');  // overlong
  CHECK(json("\xf4\x90\x80\x80") == '"' + r + r + r + r + '"');  // over U+10FFFF
  CHECK(json("\xf5\x80\x80\x80") == '"' + r + r + r + r + '"');
}

TEST_CASE("json text: a long text is cut between characters") {
  CHECK(json("abcdef", 6) == "\"abcdef\"");
  CHECK(json("abcdefg", 6) == "\"abcdef\xe2\x80\xa6\"");
  CHECK(json("abcde\xc3\xa9", 6) == "\"abcde\xe2\x80\xa6\"");
  CHECK(json("abcde\xff\xff", 6) == "\"abcde\xef\xbf\xbd\xe2\x80\xa6\"");
}

TEST_CASE("json text: bytes as hexadecimal digits") {
  std::string out = "x";
  logging::append_hex(out, std::string_view("\x00\x9f\xff", 3));
  CHECK(out == "x009fff");
}

}  // namespace hawser::test
