#include "hawser/grpc/metadata.h"

#include <doctest/doctest.h>

#include "hawser/grpc/status.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using grpc::base64_decode;
using grpc::base64_encode;
using grpc::check_metadata;
using grpc::is_reserved_name;

TEST_CASE("base64: the vectors of RFC 4648, unpadded when sent") {
  struct Row {
    std::string_view plain;
    std::string_view encoded;
    std::string_view padded;
  };
  for (const Row& row : {Row{"", "", ""}, Row{"f", "Zg", "Zg=="}, Row{"fo", "Zm8", "Zm8="},
                         Row{"foo", "Zm9v", "Zm9v"}, Row{"foob", "Zm9vYg", "Zm9vYg=="},
                         Row{"fooba", "Zm9vYmE", "Zm9vYmE="}, Row{"foobar", "Zm9vYmFy", "Zm9vYmFy"}}) {
    CHECK(base64_encode(row.plain) == row.encoded);
    CHECK(base64_decode(row.encoded) == row.plain);
    CHECK(base64_decode(row.padded) == row.plain);
  }
}

TEST_CASE("base64: the whole alphabet, and none but the standard one") {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto decoded = base64_decode(alphabet);
  REQUIRE(decoded.has_value());
  CHECK(decoded->size() == 48);
  CHECK(base64_encode(*decoded) == alphabet);
  CHECK_FALSE(base64_decode("ab-_").has_value());  // the URL alphabet
}

TEST_CASE("base64: what is not base64 is refused") {
  for (const std::string_view text : {"A", "AAAAA", "A===", "====", "=", "==", "AA=", "AA==A", "A=AA",
                                      "AAA=A", "AA ==", "AA\n=", "AA=A", "@@@@",
                                      "AA\xFF"
                                      "A",
                                      "AQ,Ag", "AAAA=", "AAAA=="}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text).has_value());
  }
  CHECK_FALSE(base64_decode(std::string_view("AA\0A", 4)).has_value());
}

TEST_CASE("base64: any bytes make the round trip, padded or not") {
  std::mt19937_64 random = seeded_generator(0x64);
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes(random() % 70, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    std::string text = base64_encode(bytes);
    REQUIRE(base64_decode(text) == bytes);
    while (text.size() % 4 != 0) text += '=';
    REQUIRE(base64_decode(text) == bytes);
  }
}

TEST_CASE("metadata: names that end in -bin are binary") {
  CHECK(grpc::is_binary_name("x-bin"));
  CHECK(grpc::is_binary_name("-bin"));
  CHECK_FALSE(grpc::is_binary_name("bin"));
  CHECK_FALSE(grpc::is_binary_name("x-bin-"));
  CHECK_FALSE(grpc::is_binary_name("x-BIN"));
}

TEST_CASE("metadata: names of HTTP/2 and gRPC are reserved (P-22)") {
  for (const std::string_view name :
       {":path", ":anything", "", "content-type", "te", "grpc-timeout", "grpc-encoding",
        "grpc-accept-encoding", "grpc-status", "grpc-message", "grpc-message-type", "grpc-status-details-bin",
        "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    CAPTURE(name);
    CHECK(is_reserved_name(name));
  }
}

TEST_CASE("metadata: names that applications see are not (P-44)") {
  for (const std::string_view name :
       {"user-agent", "grpc-previous-rpc-attempts", "grpc-retry-pushback-ms", "grpc-trace-bin",
        "grpc-tags-bin", "grpc-internal-encoding-request", "endpoint-load-metrics-bin", "lb-token",
        "lb-cost-bin", "x-request-id", "tea", "hosts", "content-types", "grpc", "authorization", "cookie"}) {
    CAPTURE(name);
    CHECK_FALSE(is_reserved_name(name));
  }
}

TEST_CASE("check_metadata: legal names and values pass") {
  CHECK(check_metadata("x-request-id", "abc 123 ~!"));
  CHECK(check_metadata("a.b_c-9", ""));
  CHECK(check_metadata("raw-bin", std::string_view("\0\xff\r\n", 4)));
  CHECK(check_metadata("x", "a,b"));
}

TEST_CASE("check_metadata: illegal names, capital letters too, fail with INTERNAL and the name (P-23)") {
  for (const std::string_view name :
       {"", "X-Upper", "with space", "new\nline", "col:on", ":path", "te", "grpc-anything", "grpc-status",
        "\xC3\xA4", "content-type", "host", "x\r"}) {
    CAPTURE(name);
    const Result<void> result = check_metadata(name, "value");
    REQUIRE_FALSE(result);
    CHECK(result.error().scope == ErrorScope::kStream);
    CHECK(result.error().code == static_cast<int>(grpc::StatusCode::kInternal));
    CHECK(result.error().detail.find("\"" + std::string(name) + "\"") != std::string::npos);
  }
}

// S-15: response splitting.
TEST_CASE("check_metadata: values that could split a message fail (P-23)") {
  for (const std::string_view value :
       {std::string_view("a\r\nb"), std::string_view("a\0b", 3), std::string_view("\t"),
        std::string_view("\x7f"), std::string_view("\xC3\xA4")}) {
    CHECK_FALSE(check_metadata("x", value));
    CHECK(check_metadata("x-bin", value));
  }
}

TEST_CASE("check_trailing_metadata: a server may say when to try again, and nothing else of gRPC's") {
  CHECK(grpc::check_trailing_metadata("grpc-retry-pushback-ms", "250"));
  CHECK(grpc::check_trailing_metadata("x", "a"));
  CHECK_FALSE(grpc::check_trailing_metadata("grpc-retry-pushback-ms", "2\r\n5"));
  CHECK_FALSE(grpc::check_trailing_metadata("grpc-retry-pushback", "250"));
  CHECK_FALSE(grpc::check_trailing_metadata("grpc-status", "0"));
  CHECK_FALSE(check_metadata("grpc-retry-pushback-ms", "250"));
}

TEST_CASE("append_metadata: text as it is, binary in base64, both counted as sent") {
  http2::HeaderBlock block;
  grpc::append_metadata(block, "x", " text ");
  grpc::append_metadata(block, "x-bin", std::string_view("\x01\x02", 2));
  grpc::append_metadata(block, "empty-bin", "");
  grpc::append_metadata(block, "empty", "");
  REQUIRE(block.size() == 4);
  CHECK(block[0].value == " text ");
  CHECK(block[1].value == "AQI");
  CHECK(block[2].value.empty());
  CHECK(block[3].value.empty());
  CHECK(block.list_bytes() == (1 + 6) + (5 + 3) + 9 + 5 + 4 * 32);
}

}  // namespace
}  // namespace hawser::test
