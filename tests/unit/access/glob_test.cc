#include "src/access/glob.h"

#include <string>

#include <doctest/doctest.h>

namespace hawser::test {

using access::glob_matches;

TEST_CASE("glob: a pattern without a star is the text itself") {
  CHECK(glob_matches("", ""));
  CHECK(glob_matches("payments", "payments"));
  CHECK_FALSE(glob_matches("payments", "payment"));
  CHECK_FALSE(glob_matches("payments", "payments2"));
  CHECK_FALSE(glob_matches("payments", ""));
  CHECK_FALSE(glob_matches("", "payments"));
  CHECK_FALSE(glob_matches("p?y", "pay"));
  CHECK_FALSE(glob_matches("[a-z]", "a"));
  CHECK_FALSE(glob_matches("\\a", "a"));
}

TEST_CASE("glob: a star is any text, the empty one and slashes included") {
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("*", "anything/at all"));
  CHECK(glob_matches("payments-*", "payments-"));
  CHECK(glob_matches("payments-*", "payments-eu-1"));
  CHECK_FALSE(glob_matches("payments-*", "payments"));
  CHECK(glob_matches("*-eu", "payments-eu"));
  CHECK_FALSE(glob_matches("*-eu", "payments-eu-1"));
  CHECK(glob_matches("a*b*c", "a-b-b-c"));
  CHECK(glob_matches("a*b*c", "abc"));
  CHECK_FALSE(glob_matches("a*b*c", "acb"));
  CHECK(glob_matches("**", ""));
  CHECK(glob_matches("a**", "a"));
  CHECK(glob_matches("*a*", "bab"));
  CHECK(glob_matches("*aab", "aaaab"));
  CHECK_FALSE(glob_matches("a*a", "a"));
  CHECK(glob_matches("tls/*/x", "tls/a/b/x"));
}

TEST_CASE("glob: bytes are bytes") {
  const std::string text("a\0\xff", 3);
  CHECK(glob_matches(text, text));
  CHECK(glob_matches("a*\xff", text));
  CHECK_FALSE(glob_matches("a", text));
}

TEST_CASE("glob: a pattern of many stars ends in time on a text that all but matches") {
  // Trying every star again would take longer than the universe has.
  const std::string text(2000, 'a');
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  CHECK(glob_matches(pattern, text));
  CHECK_FALSE(glob_matches(pattern + "b", text));
}

}  // namespace hawser::test
