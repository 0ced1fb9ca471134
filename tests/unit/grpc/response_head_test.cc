#include "hawser/grpc/response_head.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/frame.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using grpc::ResponseHead;
using grpc::StatusCode;
using http2::HeaderVerdict;

constexpr http2::Limits kLimits;

HeaderVerdict add(ResponseHead& head, std::string_view name, std::string_view value) {
  return head.add({name, value}, kLimits);
}

ResponseHead head_of(const Fields& fields) {
  ResponseHead head;
  for (const Field& field : fields) REQUIRE(add(head, field.name, field.value) == HeaderVerdict::kContinue);
  return head;
}

grpc::Status status_of(const Fields& fields) {
  ResponseHead head = head_of(fields);
  REQUIRE(head.has_status());
  return head.take_status();
}

std::vector<Field> metadata_of(ResponseHead& head) {
  std::vector<Field> fields;
  for (std::size_t i = 0; i < head.metadata().size(); ++i) {
    const http2::HeaderField field = head.metadata()[i];
    fields.push_back({std::string(field.name), std::string(field.value)});
  }
  return fields;
}

TEST_CASE("ResponseHead: the head of an ordinary response") {
  ResponseHead head = head_of({{":status", "200"}, {"content-type", "application/grpc"}});
  CHECK(head.http_status() == 200);
  CHECK_FALSE(head.is_informational());
  CHECK(head.is_grpc_type());
  CHECK(head.content_type().empty());
  CHECK(head.encoding().empty());
  CHECK_FALSE(head.has_status());
  CHECK_FALSE(head.fault());
  CHECK(head.metadata().empty());
}

TEST_CASE("ResponseHead: trailers have a status and no :status") {
  ResponseHead head = head_of({{"grpc-status", "0"}});
  CHECK(head.http_status() == 0);
  REQUIRE(head.has_status());
  const grpc::Status status = head.take_status();
  CHECK(status.ok());
  CHECK(status.message.empty());
  CHECK(status.details.empty());
}

TEST_CASE("ResponseHead: content types that are gRPC's (P-70)") {
  const struct {
    const char* value;
    bool is_grpc;
  } rows[] = {
      {"application/grpc", true},
      {"application/grpc+proto", true},
      {"application/grpc;charset", true},
      {"Application/GRPC+json", true},
      {"application/grpcfoo", false},
      {"application/grp", false},
      {"text/html", false},
      {"", false},
      {"application/grpc-web", false},
      {" application/grpc", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const ResponseHead head = head_of({{":status", "200"}, {"content-type", row.value}});
    CHECK(head.is_grpc_type() == row.is_grpc);
    CHECK(head.content_type() == (row.is_grpc ? "" : row.value));
  }
}

TEST_CASE("ResponseHead: a long content type is kept in part") {
  const std::string type(1000, 't');
  const ResponseHead head = head_of({{"content-type", type}});
  CHECK(head.content_type() == type.substr(0, 64));
}

TEST_CASE("ResponseHead: 1xx is informational") {
  for (const char* status : {"100", "103", "199"}) CHECK(head_of({{":status", status}}).is_informational());
  for (const char* status : {"200", "404", "503"})
    CHECK_FALSE(head_of({{":status", status}}).is_informational());
}

TEST_CASE("ResponseHead: grpc-status is one of seventeen numbers, anything else is UNKNOWN (P-68)") {
  for (int code = 0; code <= 16; ++code) {
    const grpc::Status status = status_of({{"grpc-status", std::to_string(code)}});
    CHECK(static_cast<int>(status.code) == code);
    CHECK(status.message.empty());
  }
  for (const char* text : {"17", "-1", "99999999999999999999", "", "abc", "2x", " 2"}) {
    CAPTURE(text);
    const grpc::Status status = status_of({{"grpc-status", text}, {"grpc-message", "as%20sent"}});
    CHECK(status.code == StatusCode::kUnknown);
    CHECK(status.message == "grpc-status \"" + std::string(text) + "\" is no status code: as sent");
  }
  CHECK(status_of({{"grpc-status", "2"}, {"grpc-message", "m"}}).message == "m");
}

TEST_CASE("ResponseHead: grpc-message is decoded leniently (P-67)") {
  const struct {
    const char* sent;
    const char* read;
  } rows[] = {{"plain", "plain"},
              {"a%20b", "a b"},
              {"gr%C3%BC%c3%9fe",
               "gr\xC3\xBC\xC3\x9F"
               "e"},
              {"100%", "100%"},
              {"%zz %4", "%zz %4"},
              {"%25%0A", "%\n"},
              {"\t%E2%98%BA!", "\t\xE2\x98\xBA!"},
              {"", ""}};
  for (const auto& row : rows) {
    CAPTURE(row.sent);
    CHECK(status_of({{"grpc-status", "13"}, {"grpc-message", row.sent}}).message == row.read);
  }
}

TEST_CASE("ResponseHead: grpc-status-details-bin is decoded, and dropped when it can't be (P-43)") {
  CHECK(status_of({{"grpc-status", "3"}, {"grpc-status-details-bin", "CAMSAWE"}}).details ==
        "\x08\x03\x12\x01\x61");
  CHECK(status_of({{"grpc-status", "3"}, {"grpc-status-details-bin", "CAMSAWE="}}).details ==
        "\x08\x03\x12\x01\x61");
  const grpc::Status broken = status_of({{"grpc-status", "3"}, {"grpc-status-details-bin", "!"}});
  CHECK(broken.code == StatusCode::kInvalidArgument);
  CHECK(broken.details.empty());
}

TEST_CASE("ResponseHead: grpc-encoding is kept unless it is identity") {
  CHECK(head_of({{"grpc-encoding", "gzip"}}).encoding() == "gzip");
  CHECK(head_of({{"grpc-encoding", "identity"}}).encoding().empty());
}

TEST_CASE("ResponseHead: what belongs to HTTP and gRPC is no metadata") {
  ResponseHead head = head_of({{":status", "200"},
                               {"content-type", "application/grpc"},
                               {"content-length", "5"},
                               {"grpc-encoding", "identity"},
                               {"grpc-accept-encoding", "gzip"},
                               {"grpc-status", "0"},
                               {"grpc-message", "m"},
                               {"grpc-status-details-bin", "AA"},
                               {"te", "trailers"},
                               {"date", "today"},
                               {"grpc-trace-bin", "AQ"},
                               {"content", "x"}});
  const std::vector<Field> metadata = metadata_of(head);
  CHECK(metadata == std::vector<Field>{{"date", "today"}, {"grpc-trace-bin", "\x01"}, {"content", "x"}});
}

TEST_CASE("ResponseHead: metadata keeps its order and its duplicates (P-37, P-38)") {
  ResponseHead head = head_of({{"b", "1,2"}, {"a", ""}, {"b", "3"}, {"c-bin", "AQ,Ag==,"}, {"d-bin", ""}});
  CHECK(metadata_of(head) == std::vector<Field>{{"b", "1,2"},
                                                {"a", ""},
                                                {"b", "3"},
                                                {"c-bin", "\x01"},
                                                {"c-bin", "\x02"},
                                                {"c-bin", ""},
                                                {"d-bin", ""}});
}

TEST_CASE("ResponseHead: a -bin value that is not base64 is a fault of the call (P-36)") {
  for (const char* value : {"!", "A", "AAAAA", "AQ,*", "=="}) {
    CAPTURE(value);
    const ResponseHead head = head_of({{"x-bin", value}, {"grpc-status", "0"}});
    REQUIRE(head.fault());
    CHECK(head.fault()->code == StatusCode::kInternal);
    CHECK(head.fault()->message.find("-bin") != std::string::npos);
  }
}

TEST_CASE("ResponseHead: over the list's bytes the call fails, and fields are counted on (P-40)") {
  ResponseHead head;
  // Each field counts 1 + 967 + 32.
  const std::string value(967, 'v');
  for (int i = 0; i < 16; ++i) CHECK(add(head, "a", value) == HeaderVerdict::kContinue);
  CHECK_FALSE(head.fault());
  CHECK(head.metadata().size() == 16);
  CHECK(add(head, "a", value) == HeaderVerdict::kContinue);
  CHECK(head.metadata().size() == 16);
  REQUIRE(head.fault());
  CHECK(head.fault()->code == StatusCode::kResourceExhausted);
  CHECK(head.fault()->message == "response metadata is over the limit: 17000 bytes in 17 fields");
}

TEST_CASE("ResponseHead: far over the list's bytes the connection ends (S-28)") {
  ResponseHead head;
  const std::string value(967, 'v');
  for (int i = 0; i < 65; ++i) REQUIRE(add(head, "a", value) == HeaderVerdict::kContinue);
  CHECK(add(head, "a", value) == HeaderVerdict::kEndConnection);
}

TEST_CASE("ResponseHead: many tiny fields count too") {
  ResponseHead head;
  for (std::size_t i = 0; i < kLimits.header_fields; ++i)
    REQUIRE(add(head, "a", "") == HeaderVerdict::kContinue);
  CHECK_FALSE(head.fault());
  CHECK(add(head, "a", "") == HeaderVerdict::kContinue);
  REQUIRE(head.fault());
  CHECK(head.fault()->code == StatusCode::kResourceExhausted);
  for (std::size_t i = kLimits.header_fields + 1; i < kLimits.header_fields_fatal; ++i) {
    REQUIRE(add(head, "a", "") == HeaderVerdict::kContinue);
  }
  CHECK(add(head, "a", "") == HeaderVerdict::kEndConnection);
}

TEST_CASE("ResponseHead: a head is like new after reset") {
  ResponseHead head = head_of({{":status", "503"},
                               {"content-type", "text/html"},
                               {"grpc-encoding", "gzip"},
                               {"grpc-status", "77"},
                               {"grpc-message", "m"},
                               {"a", "b"},
                               {"x-bin", "!"}});
  for (int i = 0; i < 200; ++i) add(head, "a", "");
  head.reset();
  CHECK(head.http_status() == 0);
  CHECK_FALSE(head.is_grpc_type());
  CHECK(head.content_type().empty());
  CHECK(head.encoding().empty());
  CHECK_FALSE(head.has_status());
  CHECK_FALSE(head.fault());
  CHECK(head.metadata().empty());
  add(head, "grpc-status", "0");
  CHECK(head.take_status().message.empty());
}

TEST_CASE("ResponseHead: no name or value breaks it") {
  std::mt19937_64 random = seeded_generator(0x4EAD);
  const char* names[] = {":status",
                         "content-type",
                         "grpc-status",
                         "grpc-message",
                         "grpc-status-details-bin",
                         "grpc-encoding",
                         "x-bin",
                         "x",
                         "",
                         "-bin",
                         "content-length"};
  for (int round = 0; round < 2000; ++round) {
    ResponseHead head;
    for (int i = 0; i < 8; ++i) {
      std::string value(random() % 20, '\0');
      for (char& byte : value) byte = static_cast<char>(random());
      add(head, names[random() % std::size(names)], value);
    }
    static_cast<void>(head.fault());
    if (head.has_status()) static_cast<void>(head.take_status());
    CHECK(head.metadata().list_bytes() <= kLimits.header_list_bytes);
  }
}

}  // namespace
}  // namespace hawser::test
