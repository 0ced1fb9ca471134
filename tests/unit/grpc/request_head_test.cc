#include "hawser/grpc/request_head.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "hawser/grpc/compression.h"
#include "support/frame_script.h"

namespace hawser::test {
namespace {

using grpc::RequestHead;
using grpc::StatusCode;
using http2::HeaderVerdict;
using namespace std::chrono_literals;

constexpr std::string_view kPath = "/a.Service/Method";

// What check() says about the fields: "ok", or "HTTP-status gRPC-status".
std::string judge_request(const Fields& fields, const http2::Limits& limits = {}) {
  RequestHead head;
  head.reset();
  for (const Field& field : fields) static_cast<void>(head.add({field.name, field.value}, limits));
  const auto rejection = head.check();
  if (!rejection) return "ok";
  return std::to_string(rejection->http_status) + " " + std::string(to_string(rejection->status.code));
}

RequestHead request_head_of(const Fields& fields) {
  RequestHead head;
  head.reset();
  for (const Field& field : fields)
    REQUIRE(head.add({field.name, field.value}, {}) == HeaderVerdict::kContinue);
  return head;
}

TEST_CASE("RequestHead: what a stock client sends is accepted") {
  const RequestHead head =
      request_head_of(with(request_fields(kPath), "grpc-accept-encoding", "identity, gzip"));
  CHECK_FALSE(head.check());
  CHECK(head.path() == kPath);
  CHECK(head.authority() == "localhost");
  CHECK_FALSE(head.timeout());
  CHECK(head.encoding().empty());
  CHECK(head.response_content_type() == "application/grpc");
  // user-agent is for the application, the rest is not (P-22).
  REQUIRE(head.metadata().size() == 1);
  CHECK(head.metadata()[0].name == "user-agent");
}

// A head whose fields are those of the known block `number`.
void read_known(RequestHead& head, std::uint64_t number, const Fields& fields) {
  head.reset();
  CHECK_FALSE(head.begin_known(number));
  for (const Field& field : fields) static_cast<void>(head.add({field.name, field.value}, {}));
}

TEST_CASE("RequestHead: what a known block said is kept for the next call that begins with it") {
  const Fields fields = with(with(request_fields(kPath), "grpc-timeout", "2S"), "grpc-encoding", "gzip");
  RequestHead head;
  read_known(head, 7, fields);
  CHECK_FALSE(head.is_kept());
  CHECK_FALSE(head.check());
  head.keep();
  head.reset_accounting();
  CHECK(head.count({"x-trailer", std::string(100'000, 'x')}, {}) == HeaderVerdict::kEndConnection);
  head.reset();
  CHECK_FALSE(head.is_kept());
  CHECK_FALSE(head.timeout());  // before the block has come it says nothing
  CHECK(head.begin_known(7));
  CHECK(head.is_kept());
  CHECK_FALSE(head.check());
  CHECK(head.path() == kPath);
  CHECK(head.authority() == "localhost");
  CHECK(head.timeout() == 2s);
  CHECK(head.encoding() == "gzip");
  REQUIRE(head.metadata().size() == 1);
  CHECK(head.metadata()[0].name == "user-agent");
}

TEST_CASE("RequestHead: nothing of a kept block is in a head with another, or with one that isn't known") {
  RequestHead head;
  const auto keep_one = [&head] {
    read_known(head, 7, with(with(request_fields(kPath), "grpc-timeout", "2S"), "grpc-encoding", "gzip"));
    REQUIRE_FALSE(head.check());
    head.keep();
    head.reset();
  };
  const Fields others = {{":method", "POST"}, {":path", "/other.Service/Other"}, {"te", "trailers"}};
  for (const bool is_known : {true, false}) {
    keep_one();
    if (is_known) CHECK_FALSE(head.begin_known(8));
    for (const Field& field : others) static_cast<void>(head.add({field.name, field.value}, {}));
    CHECK(head.path() == "/other.Service/Other");
    CHECK(head.authority().empty());
    CHECK(head.encoding().empty());
    CHECK_FALSE(head.timeout());
    CHECK(head.metadata().empty());
    CHECK(head.check());  // it has no content-type
    head.reset();
    CHECK_FALSE(head.begin_known(7));
    CHECK(head.path().empty());
    CHECK_FALSE(head.is_kept());
  }
}

TEST_CASE("RequestHead: the most basic fault is the one that is told") {
  const Fields all_wrong = with(
      with(with(request_fields("x"), ":method", "GET"), "content-type", "text/html"), "grpc-timeout", "soon");
  CHECK(judge_request(all_wrong) == "405 INTERNAL");
  CHECK(judge_request(with(all_wrong, ":method", "POST")) == "415 INVALID_ARGUMENT");
  CHECK(judge_request(with(request_fields("x"), "grpc-timeout", "soon")) == "200 UNIMPLEMENTED");
  CHECK(judge_request(with(request_fields(kPath), "grpc-timeout", "soon")) == "200 INTERNAL");
}

TEST_CASE("RequestHead: paths have a service and a method") {
  for (const std::string_view path : {"/a/b", "/a.b.C/d", "/a/b/c", "/%2F/x"}) {
    CAPTURE(path);
    CHECK(judge_request(request_fields(path)) == "ok");
  }
  for (const std::string_view path : {"", "/", "//", "/a", "/a/", "//b", "a/b", "*", "///", "//a/b"}) {
    CAPTURE(path);
    CHECK(judge_request(request_fields(path)) == "200 UNIMPLEMENTED");
  }
}

TEST_CASE("RequestHead: host stands in for a missing :authority, never for a present one (P-13)") {
  const Fields both = with(request_fields(kPath), "host", "other");
  CHECK(request_head_of(both).authority() == "localhost");
  CHECK(request_head_of(without(both, ":authority")).authority() == "other");
  CHECK(request_head_of(both).metadata().find("host").data() == nullptr);
}

TEST_CASE("RequestHead: reserved fields are no metadata, others are (P-22)") {
  Fields fields = request_fields(kPath);
  for (const std::string_view name :
       {"grpc-message-type", "grpc-status", "grpc-message", "grpc-status-details-bin", "content-length"}) {
    fields.push_back({std::string(name), "1"});
  }
  fields.push_back({"grpc-previous-rpc-attempts", "1"});
  fields.push_back({"x", "1"});
  fields.push_back({"x", "2"});
  const RequestHead head = request_head_of(without(fields, "user-agent"));
  REQUIRE(head.metadata().size() == 3);
  CHECK(head.metadata()[0].name == "grpc-previous-rpc-attempts");
  CHECK(head.metadata()[1].value == "1");
  CHECK(head.metadata()[2].value == "2");
}

TEST_CASE("RequestHead: names that differ in - and _ are two (P-24)") {
  Fields fields = without(request_fields(kPath), "user-agent");
  fields.push_back({"x-a", "dash"});
  fields.push_back({"x_a", "underscore"});
  const RequestHead head = request_head_of(fields);
  REQUIRE(head.metadata().size() == 2);
  CHECK(head.metadata().find("x-a") == "dash");
  CHECK(head.metadata().find("x_a") == "underscore");
}

TEST_CASE("RequestHead: binary metadata is split and decoded, text is not (P-36, P-37)") {
  Fields fields = without(request_fields(kPath), "user-agent");
  fields.push_back({"a-bin", "AQ,Ag==,"});
  fields.push_back({"b", "1,2"});
  const RequestHead head = request_head_of(fields);
  CHECK_FALSE(head.check());
  REQUIRE(head.metadata().size() == 4);
  CHECK(head.metadata()[0].value == "\x01");
  CHECK(head.metadata()[1].value == "\x02");
  CHECK(head.metadata()[2].value.empty());
  CHECK(head.metadata()[3].value == "1,2");
  CHECK(judge_request(with(fields, "a-bin", "AQ, Ag")) == "200 INTERNAL");
}

TEST_CASE("RequestHead: timeouts are read, zero included") {
  CHECK(request_head_of(with(request_fields(kPath), "grpc-timeout", "5m")).timeout() == Duration(5ms));
  CHECK(request_head_of(with(request_fields(kPath), "grpc-timeout", "0n")).timeout() == Duration::zero());
  CHECK(request_head_of(with(request_fields(kPath), "grpc-timeout", "99999999H")).timeout() ==
        Duration::max());
}

TEST_CASE("RequestHead: what the client accepts is known, and no metadata (P-60, P-61)") {
  using grpc::Encoding;
  using grpc::EncodingSet;
  CHECK(request_head_of(request_fields(kPath)).accepted_encodings() == EncodingSet());
  CHECK_FALSE(request_head_of(request_fields(kPath)).speaks_of_compression());
  const auto accepting = [](std::string_view value) {
    return request_head_of(with(request_fields(kPath), "grpc-accept-encoding", std::string(value)));
  };
  CHECK(accepting(grpc::accept_encoding()).accepted_encodings() == grpc::supported_encodings());
  CHECK(accepting("gzip").accepted_encodings() == EncodingSet::of({Encoding::kGzip}));
  CHECK(accepting("gzip").speaks_of_compression());
  CHECK(accepting("gzip").metadata().size() == 1);
  CHECK_FALSE(accepting("identity").speaks_of_compression());
  CHECK_FALSE(accepting("snappy, br").speaks_of_compression());
  RequestHead head = accepting("gzip");
  head.reset();
  CHECK_FALSE(head.speaks_of_compression());
}

TEST_CASE("RequestHead: a client asks for the server's timing with 1, and the field is metadata") {
  const RequestHead head = request_head_of(with(request_fields(kPath), "want-server-timing", "1"));
  CHECK(head.wants_server_timing());
  CHECK(head.metadata().find("want-server-timing") == "1");
  CHECK_FALSE(request_head_of(with(request_fields(kPath), "want-server-timing", "0")).wants_server_timing());
  CHECK_FALSE(request_head_of(request_fields(kPath)).wants_server_timing());
}

TEST_CASE("RequestHead: identity is no encoding") {
  CHECK(request_head_of(with(request_fields(kPath), "grpc-encoding", "identity")).encoding().empty());
  CHECK(request_head_of(with(request_fields(kPath), "grpc-encoding", "gzip")).encoding() == "gzip");
}

TEST_CASE("RequestHead: over the soft limits nothing more is kept, over the hard ones nothing more is read") {
  http2::Limits limits;
  limits.header_list_bytes = 1000;
  limits.header_fields = 10;
  limits.header_list_bytes_fatal = 2000;
  limits.header_fields_fatal = 20;
  SUBCASE("bytes") {
    RequestHead head;
    head.reset();
    const std::string value(67, 'v');  // 100 with name and overhead
    for (int i = 0; i < 9; ++i) CHECK(head.add({"x", value}, limits) == HeaderVerdict::kContinue);
    CHECK(head.metadata().size() == 9);
    limits.header_fields = limits.header_fields_fatal = 1000;
    for (int i = 9; i < 20; ++i) CHECK(head.add({"x", value}, limits) == HeaderVerdict::kContinue);
    CHECK(head.metadata().size() == 10);
    CHECK(head.add({"x", ""}, limits) == HeaderVerdict::kEndConnection);
    REQUIRE(head.check());
    CHECK(head.check()->status.code == StatusCode::kResourceExhausted);
  }
  SUBCASE("fields") {
    RequestHead head;
    head.reset();
    for (int i = 0; i < 20; ++i) CHECK(head.add({"x", ""}, limits) == HeaderVerdict::kContinue);
    CHECK(head.metadata().size() == 10);
    CHECK(head.add({"x", ""}, limits) == HeaderVerdict::kEndConnection);
  }
  SUBCASE("of a trailer block, which starts afresh") {
    RequestHead head;
    head.reset();
    for (int i = 0; i < 9; ++i) CHECK(head.add({"x", ""}, limits) == HeaderVerdict::kContinue);
    head.reset_accounting();
    for (int i = 0; i < 20; ++i) CHECK(head.count({"x", ""}, limits) == HeaderVerdict::kContinue);
    CHECK(head.count({"x", ""}, limits) == HeaderVerdict::kEndConnection);
    CHECK(head.metadata().size() == 9);
  }
}

TEST_CASE("RequestHead: reset forgets everything") {
  RequestHead head =
      request_head_of(with(with(with(request_fields(kPath), "grpc-timeout", "bad"), "x-bin", "!"),
                           "content-type", "application/grpc+proto"));
  REQUIRE(head.check());
  head.reset();
  CHECK(head.path().empty());
  CHECK(head.metadata().empty());
  CHECK(head.response_content_type() == "application/grpc");
  for (const Field& field : request_fields(kPath)) static_cast<void>(head.add({field.name, field.value}, {}));
  CHECK_FALSE(head.check());
}

}  // namespace
}  // namespace hawser::test
