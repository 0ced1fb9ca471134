#include "hawser/grpc/percent_encoding.h"

#include <doctest/doctest.h>

#include "support/seed.h"

namespace hawser::test {
namespace {

using grpc::percent_decode;
using grpc::percent_encode;

constexpr std::string_view kReplacement = "%EF%BF%BD";

TEST_CASE("percent_encode: printable ASCII stays, but for the percent sign") {
  std::string printable;
  for (char c = 0x20; c < 0x7F; ++c) {
    if (c != '%') printable += c;
  }
  CHECK(percent_encode(printable) == printable);
  CHECK(percent_encode("100%") == "100%25");
  CHECK(percent_encode("").empty());
}

TEST_CASE("percent_encode: controls and UTF-8 become upper-case escapes (P-66)") {
  CHECK(percent_encode("a\r\nb\tc") == "a%0D%0Ab%09c");
  CHECK(percent_encode(std::string_view("\0\x1f\x7f", 3)) == "%00%1F%7F");
  CHECK(percent_encode("\xC2\xB5s") == "%C2%B5s");
  CHECK(percent_encode("\xF0\x9F\x98\x8A") == "%F0%9F%98%8A");
}

// gRPC interop case special_status_message.
TEST_CASE("percent_encode: the interop case's message") {
  const std::string message =
      "\t\ntest with whitespace\r\nand Unicode BMP \xE2\x98\xBA and non-BMP \xF0\x9F\x98\x88\t\n";
  const std::string encoded = percent_encode(message);
  CHECK(encoded ==
        "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A");
  CHECK(percent_decode(encoded) == message);
}

TEST_CASE("percent_encode: ill-formed UTF-8 becomes U+FFFD, a byte at a time") {
  const std::string replacement(kReplacement);
  CHECK(percent_encode("\xFF") == replacement);
  CHECK(percent_encode("a\x80z") == "a" + replacement + "z");
  CHECK(percent_encode("\xC2") == replacement);                    // cut short
  CHECK(percent_encode("\xC0\xAF") == replacement + replacement);  // overlong
  CHECK(percent_encode("\xE0\x80\x80") == replacement + replacement + replacement);
  CHECK(percent_encode("\xED\xA0\x80") == replacement + replacement + replacement);  // surrogate
  CHECK(percent_encode("\xF4\x90\x80\x80").size() == 4 * replacement.size());        // above U+10FFFF
  CHECK(percent_encode("\xF5\x80\x80\x80").size() == 4 * replacement.size());
  CHECK(percent_encode("\xE2\x98") == replacement + replacement);
  CHECK(percent_encode("\xE2\x98"
                       "a") == replacement + replacement + "a");
}

TEST_CASE("percent_encode: the edges of well-formed UTF-8 are kept") {
  for (const std::string_view text : {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                      "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(percent_encode(text).size() == 3 * text.size());
    CHECK(percent_decode(percent_encode(text)) == text);
  }
}

TEST_CASE("percent_encode: a limit cuts between characters") {
  CHECK(percent_encode("abcdef", 3) == "abc");
  CHECK(percent_encode("abc", 3) == "abc");
  CHECK(percent_encode("ab%", 4) == "ab");
  CHECK(percent_encode("ab%", 5) == "ab%25");
  CHECK(percent_encode("a\xE2\x98\xBA", 9) == "a");
  CHECK(percent_encode("a\xE2\x98\xBA", 10) == "a%E2%98%BA");
  CHECK(percent_encode("\xFF", 8).empty());
  CHECK(percent_encode("abc", 0).empty());
}

TEST_CASE("percent_decode: escapes of either case, everything else as it is") {
  CHECK(percent_decode("a%20b") == "a b");
  CHECK(percent_decode("%e2%98%ba%E2%98%BA") == "\xE2\x98\xBA\xE2\x98\xBA");
  CHECK(percent_decode("%00") == std::string(1, '\0'));
  CHECK(percent_decode("").empty());
}

TEST_CASE("percent_decode: bad escapes stay (P-67)") {
  for (const std::string_view text :
       {"%", "%4", "a%", "a%4", "%zz", "%4z", "%z4", "%%", "% 41", "%-1", "100%"}) {
    CAPTURE(text);
    CHECK(percent_decode(text) == text);
  }
  CHECK(percent_decode("%%41") == "%A");
  CHECK(percent_decode("%4%41") == "%4A");
}

TEST_CASE("percent_encode: whatever bytes go in, printable ASCII comes out and decodes to UTF-8 once") {
  std::mt19937_64 random = seeded_generator(0x25);
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes(random() % 30, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string encoded = percent_encode(bytes);
    for (const char c : encoded) REQUIRE((c >= 0x20 && c <= 0x7E));
    // Encoding what was decoded changes nothing more: it is well-formed already.
    REQUIRE(percent_encode(percent_decode(encoded)) == encoded);
    const std::size_t limit = random() % 40;
    const std::string cut = percent_encode(bytes, limit);
    REQUIRE(cut.size() <= limit);
    REQUIRE(encoded.starts_with(cut));
  }
}

}  // namespace
}  // namespace hawser::test
