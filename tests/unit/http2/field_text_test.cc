// Letter by letter against nghttp2's own tables.
#include "hawser/http2/field_text.h"

#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>

#include <string>

namespace hawser::http2 {
namespace {

const std::uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

// Each letter alone, and at each place of a text that is more than one word of the quick way long.
template <class Check>
void for_each_text(Check check) {
  for (int code = 0; code < 256; ++code) {
    const char letter = static_cast<char>(code);
    check(std::string(1, letter));
    for (std::size_t place = 0; place < 19; ++place) {
      std::string text(19, 'a');
      text[place] = letter;
      check(text);
    }
  }
  check("");
}

TEST_CASE("Field text: names are nghttp2's, but for the colon of pseudo fields") {
  for_each_text([](const std::string& text) {
    const bool expected = nghttp2_check_header_name(bytes(text), text.size()) != 0;
    CHECK_MESSAGE(is_field_name(text) == (expected && text[0] != ':'), text);
  });
}

TEST_CASE("Field text: values are nghttp2's") {
  for_each_text([](const std::string& text) {
    CHECK_MESSAGE(is_field_value(text) == (nghttp2_check_header_value(bytes(text), text.size()) != 0), text);
  });
  CHECK(is_field_value(" blanks around it "));
}

TEST_CASE("Field text: paths and methods are nghttp2's, and not empty") {
  for_each_text([](const std::string& text) {
    const bool path = nghttp2_check_path(bytes(text), text.size()) != 0;
    const bool method = nghttp2_check_method(bytes(text), text.size()) != 0;
    CHECK_MESSAGE(is_path(text) == (path && !text.empty()), text);
    CHECK_MESSAGE(is_method(text) == method, text);
  });
}

TEST_CASE("Field text: authorities are nghttp2's, and paths of UNIX sockets") {
  for_each_text([](const std::string& text) {
    const bool expected = nghttp2_check_authority(bytes(text), text.size()) != 0;
    const bool has_slash = text.find('/') != std::string::npos;
    CHECK_MESSAGE(is_authority(text) == (expected || has_slash || text.empty()), text);
  });
  CHECK(is_authority("/run/x.sock"));
  CHECK_FALSE(is_authority("user name"));
}

TEST_CASE("Field text: a scheme begins with a letter") {
  CHECK(is_scheme("http"));
  CHECK(is_scheme("h2+unix-1.0"));
  CHECK(is_scheme("HTTP"));
  CHECK_FALSE(is_scheme(""));
  CHECK_FALSE(is_scheme("1http"));
  CHECK_FALSE(is_scheme("+http"));
  CHECK_FALSE(is_scheme("ht tp"));
  CHECK_FALSE(is_scheme("http:"));
}

}  // namespace
}  // namespace hawser::http2
