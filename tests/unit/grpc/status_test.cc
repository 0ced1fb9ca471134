#include "hawser/grpc/status.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

using grpc::from_http_status;
using grpc::from_reset;
using grpc::parse_status_code;
using grpc::StatusCode;
using http2::ErrorCode;

TEST_CASE("StatusCode: names are those of doc/statuscodes.md") {
  constexpr std::string_view kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  for (int code = 0; code <= 16; ++code) CHECK(to_string(static_cast<StatusCode>(code)) == kNames[code]);
  CHECK(to_string(static_cast<StatusCode>(17)) == "UNKNOWN");
  CHECK(to_string(static_cast<StatusCode>(-1)) == "UNKNOWN");
}

TEST_CASE("parse_status_code: the numbers of the enumeration") {
  for (int code = 0; code <= 16; ++code) {
    CHECK(parse_status_code(std::to_string(code)) == static_cast<StatusCode>(code));
  }
}

TEST_CASE("parse_status_code: everything else is UNKNOWN (P-68)") {
  for (const std::string_view text :
       {"", "17", "-1", "99999999999999999999", "OK", "1x", "x1", " 1", "1 ", "+1", "1.0", "0x1", "\n"}) {
    CAPTURE(text);
    CHECK(parse_status_code(text) == StatusCode::kUnknown);
  }
}

TEST_CASE("from_http_status: the table of doc/http-grpc-status-mapping.md") {
  CHECK(from_http_status(400) == StatusCode::kInternal);
  CHECK(from_http_status(401) == StatusCode::kUnauthenticated);
  CHECK(from_http_status(403) == StatusCode::kPermissionDenied);
  CHECK(from_http_status(404) == StatusCode::kUnimplemented);
  CHECK(from_http_status(429) == StatusCode::kUnavailable);
  CHECK(from_http_status(431) == StatusCode::kInternal);
  CHECK(from_http_status(502) == StatusCode::kUnavailable);
  CHECK(from_http_status(503) == StatusCode::kUnavailable);
  CHECK(from_http_status(504) == StatusCode::kUnavailable);
  for (const int other : {0, 100, 200, 204, 301, 405, 415, 418, 500, 501, 505, 999, -1}) {
    CAPTURE(other);
    CHECK(from_http_status(other) == StatusCode::kUnknown);
  }
}

TEST_CASE("from_reset: the table of PROTOCOL-HTTP2, \"Errors\" (P-72)") {
  for (const ErrorCode code :
       {ErrorCode::kNoError, ErrorCode::kProtocolError, ErrorCode::kInternalError,
        ErrorCode::kFlowControlError, ErrorCode::kSettingsTimeout, ErrorCode::kFrameSizeError,
        ErrorCode::kCompressionError, ErrorCode::kConnectError, ErrorCode::kHttp11Required}) {
    CAPTURE(to_string(code));
    CHECK(from_reset(code) == StatusCode::kInternal);
  }
  CHECK(from_reset(ErrorCode::kRefusedStream) == StatusCode::kUnavailable);
  CHECK(from_reset(ErrorCode::kCancel) == StatusCode::kCancelled);
  CHECK(from_reset(ErrorCode::kEnhanceYourCalm) == StatusCode::kResourceExhausted);
  CHECK(from_reset(ErrorCode::kInadequateSecurity) == StatusCode::kPermissionDenied);
  CHECK(from_reset(static_cast<ErrorCode>(0xDEAD)) == StatusCode::kUnknown);
}

TEST_CASE("Status: OK is ok") {
  CHECK(grpc::Status{}.ok());
  CHECK_FALSE(grpc::Status{StatusCode::kUnknown, "why", ""}.ok());
}

}  // namespace
}  // namespace hawser::test
