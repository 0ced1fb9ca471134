// What is taken, dropped and refused, rule by rule. session_malformed_test.cc compares whole messages with
// nghttp2's checks.
#include "hawser/http2/message_checks.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace hawser::http2 {
namespace {

using Verdict = MessageChecks::Verdict;
using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

const Fields kRequest = {
    {":method", "POST"}, {":scheme", "http"}, {":path", "/a/b"}, {":authority", "localhost"}};

MessageChecks request(const Fields& fields = kRequest) {
  MessageChecks checks;
  for (const auto& [name, value] : fields) CHECK(checks.on_request_field(name, value) == Verdict::kTake);
  return checks;
}

MessageChecks response(std::string_view status) {
  MessageChecks checks;
  CHECK(checks.on_response_field(":status", status) == Verdict::kTake);
  return checks;
}

TEST_CASE("MessageChecks: a request has a method, a scheme and a path") {
  CHECK(request().ends_request_block(true));
  CHECK_FALSE(request({{":scheme", "http"}, {":path", "/a/b"}}).ends_request_block(true));
  CHECK_FALSE(request({{":method", "POST"}, {":path", "/a/b"}}).ends_request_block(true));
  CHECK_FALSE(request({{":method", "POST"}, {":scheme", "http"}}).ends_request_block(true));
}

TEST_CASE("MessageChecks: the authority may be missing, empty or a path (P-13, S-14)") {
  CHECK(request({{":method", "POST"}, {":scheme", "http"}, {":path", "/a/b"}}).ends_request_block(true));
  for (const std::string_view authority : {"", "/run/x.sock", "%2Frun%2Fx.sock", "3:50051", "[::1]:1"}) {
    CHECK(MessageChecks().on_request_field(":authority", authority) == Verdict::kTake);
  }
  CHECK(MessageChecks().on_request_field(":authority", "a b") == Verdict::kMalformed);
}

TEST_CASE("MessageChecks: pseudo fields come once, first, and are known") {
  MessageChecks twice = request();
  CHECK(twice.on_request_field(":path", "/a/b") == Verdict::kMalformed);
  MessageChecks late = request();
  CHECK(late.on_request_field("te", "trailers") == Verdict::kTake);
  CHECK(late.on_request_field(":authority", "x") == Verdict::kMalformed);
  CHECK(MessageChecks().on_request_field(":status", "200") == Verdict::kMalformed);
  CHECK(MessageChecks().on_request_field(":protocol", "websocket") == Verdict::kMalformed);
  CHECK(MessageChecks().on_request_field(":method", "CONNECT") == Verdict::kMalformed);
  CHECK(MessageChecks().on_response_field(":path", "/") == Verdict::kMalformed);
}

TEST_CASE("MessageChecks: http paths begin with a slash, an asterisk is for OPTIONS") {
  CHECK_FALSE(request({{":method", "POST"}, {":scheme", "http"}, {":path", "a/b"}}).ends_request_block(true));
  CHECK_FALSE(request({{":method", "POST"}, {":scheme", "https"}, {":path", "*"}}).ends_request_block(true));
  CHECK(request({{":method", "OPTIONS"}, {":scheme", "https"}, {":path", "*"}}).ends_request_block(true));
  CHECK(request({{":method", "POST"}, {":scheme", "other"}, {":path", "a"}}).ends_request_block(true));
}

TEST_CASE("MessageChecks: fields of HTTP/1 connections, and te but for trailers, are malformed") {
  for (const std::string_view name :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    CHECK(request().on_request_field(name, "x") == Verdict::kMalformed);
    CHECK(response("200").on_response_field(name, "x") == Verdict::kMalformed);
  }
  CHECK(request().on_request_field("te", "gzip") == Verdict::kMalformed);
  CHECK(request().on_request_field("te", "Trailers") == Verdict::kTake);
}

TEST_CASE("MessageChecks: names and values have only the letters that they may have") {
  CHECK(request().on_request_field("X-Up", "1") == Verdict::kMalformed);
  CHECK(request().on_request_field("x up", "1") == Verdict::kMalformed);
  CHECK(request().on_request_field("", "1") == Verdict::kMalformed);
  CHECK(request().on_request_field("x", std::string_view("a\0b", 3)) == Verdict::kMalformed);
  CHECK(request().on_request_field("content-type", "a\nb") == Verdict::kMalformed);
  CHECK(request().on_request_field("x", " \t\x80 ") == Verdict::kTake);
}

TEST_CASE("MessageChecks: a body is as long as content-length says") {
  MessageChecks checks = request();
  REQUIRE(checks.on_request_field("content-length", "5") == Verdict::kTake);
  REQUIRE(checks.ends_request_block(false));
  CHECK(checks.on_body(3));
  CHECK_FALSE(checks.is_complete());
  CHECK(checks.on_body(2));
  CHECK(checks.is_complete());
  CHECK_FALSE(checks.on_body(1));
}

TEST_CASE("MessageChecks: content-length is one number") {
  for (const std::string_view wrong : {"", "-1", "+1", "1 ", "0x1", "9223372036854775808", "1,1"}) {
    CHECK_MESSAGE(request().on_request_field("content-length", wrong) == Verdict::kMalformed, wrong);
  }
  MessageChecks twice = request();
  REQUIRE(twice.on_request_field("content-length", "1") == Verdict::kTake);
  CHECK(twice.on_request_field("content-length", "1") == Verdict::kMalformed);
}

TEST_CASE("MessageChecks: trailers end the stream and have no pseudo fields") {
  MessageChecks checks = request();
  REQUIRE(checks.ends_request_block(false));
  checks.begin_later_block();
  CHECK(checks.on_request_field("x-late", "1") == Verdict::kTake);
  CHECK(checks.on_request_field(":path", "/") == Verdict::kMalformed);
  CHECK_FALSE(checks.ends_request_block(false));
  CHECK(checks.ends_request_block(true));
}

TEST_CASE("MessageChecks: a response has one status of three digits, and no 101") {
  CHECK_FALSE(MessageChecks().ends_response_block(true));
  for (const std::string_view wrong : {"", "20", "2000", "20x", "101"}) {
    CHECK(MessageChecks().on_response_field(":status", wrong) == Verdict::kMalformed);
  }
  CHECK(response("200").on_response_field(":status", "200") == Verdict::kMalformed);
}

TEST_CASE("MessageChecks: after 1xx comes another head, without a body between") {
  MessageChecks checks = response("103");
  CHECK(checks.on_response_field("link", "x") == Verdict::kTake);
  CHECK(response("103").on_response_field("content-length", "1") == Verdict::kMalformed);
  REQUIRE(checks.ends_response_block(false));
  CHECK_FALSE(checks.is_complete());
  CHECK_FALSE(MessageChecks(checks).on_body(1));
  checks.begin_later_block();
  CHECK(checks.on_response_field(":status", "200") == Verdict::kTake);
  REQUIRE(checks.ends_response_block(false));
  CHECK(checks.on_body(1));
  CHECK(checks.is_complete());
}

TEST_CASE("MessageChecks: 204 and 304 have no body, whatever content-length says") {
  CHECK(response("204").on_response_field("content-length", "0") == Verdict::kDrop);
  CHECK(response("204").on_response_field("content-length", "1") == Verdict::kMalformed);
  MessageChecks not_modified = response("304");
  REQUIRE(not_modified.on_response_field("content-length", "7") == Verdict::kTake);
  REQUIRE(not_modified.ends_response_block(true));
  CHECK(not_modified.is_complete());
  CHECK_FALSE(not_modified.on_body(1));
}

}  // namespace
}  // namespace hawser::http2
