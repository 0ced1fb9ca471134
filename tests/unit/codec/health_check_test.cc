#include "hawser/codec/health_check.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "support/bytes.h"

namespace hawser::test {
namespace {

using codec::ServingStatus;

std::optional<ServingStatus> parsed(std::string_view bytes) {
  return codec::parse_health_check_response(as_bytes(bytes));
}

}  // namespace

TEST_CASE("health check: the request is the service's name as field 1 (grpc.health.v1)") {
  CHECK(codec::health_check_request("").empty());
  CHECK(codec::health_check_request("a.B") ==
        "\x0A\x03"
        "a.B");
}

TEST_CASE("health check: the answer is an enum as field 1, others are skipped") {
  CHECK(parsed("") == ServingStatus::kUnknown);
  CHECK(parsed("\x08\x01") == ServingStatus::kServing);
  CHECK(parsed("\x08\x02") == ServingStatus::kNotServing);
  CHECK(parsed("\x08\x03") == ServingStatus::kServiceUnknown);
  CHECK(parsed("\x12\x01x\x08\x01") == ServingStatus::kServing);
  CHECK(parsed("\x08\x7F") == static_cast<ServingStatus>(127));
  CHECK_FALSE(parsed("\x08").has_value());
  CHECK_FALSE(parsed("what?").has_value());
}

}  // namespace hawser::test
