#include "hawser/client/service_config.h"

#include <doctest/doctest.h>

#include <string>

#include "support/sockets.h"

namespace hawser::test {
namespace {

using client::LoadBalancing;
using client::MethodConfig;
using client::ServiceConfig;
using grpc::StatusCode;
using std::chrono::milliseconds;
using std::chrono::seconds;

ServiceConfig parsed(std::string_view json) { return value_of(ServiceConfig::parse(json)); }

bool refuses(std::string_view json, std::string_view reason) {
  const auto config = ServiceConfig::parse(json);
  if (config) return false;
  CAPTURE(config.error().detail);
  CHECK(config.error().scope == ErrorScope::kUsage);
  return config.error().detail.find(reason) != std::string::npos;
}

/// The config of one method whose fields are `fields`.
std::string method(const std::string& fields) {
  return R"({"methodConfig": [{"name": [{}], )" + fields + "}]}";
}

const std::string kRetry =
    R"("initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2, "retryableStatusCodes": [14])";

TEST_CASE("ServiceConfig: an exact method goes before its service, and that before the default (P-110)") {
  const ServiceConfig config = parsed(R"({"methodConfig": [
      {"name": [{}], "timeout": "1s"},
      {"name": [{"service": "a.B"}], "timeout": "2s"},
      {"name": [{"service": "a.B", "method": "C"}, {"service": "x.Y", "method": "Z"}], "timeout": "3s"}]})");
  CHECK(config.find("/a.B/C")->timeout == seconds(3));
  CHECK(config.find("/x.Y/Z")->timeout == seconds(3));
  CHECK(config.find("/a.B/D")->timeout == seconds(2));
  CHECK(config.find("/x.Y/W")->timeout == seconds(1));
  CHECK(parsed("{}").find("/a.B/C") == nullptr);
  CHECK(parsed(R"({"methodConfig": [{"name": [{"service": "a"}]}]})").find("/b/c") == nullptr);
}

TEST_CASE("ServiceConfig: what a method may have (P-110)") {
  const ServiceConfig config = parsed(method(
      R"("timeout": "1.500000001s", "waitForReady": true, "maxRequestMessageBytes": 1024,
         "maxResponseMessageBytes": "4096")"));
  const MethodConfig& got = *config.find("/a/b");
  CHECK(got.timeout == milliseconds(1500) + std::chrono::nanoseconds(1));
  CHECK(got.wait_for_ready == true);
  CHECK(got.max_request_bytes == 1024);
  CHECK(got.max_response_bytes == 4096);
  CHECK_FALSE(got.retry);
}

TEST_CASE("ServiceConfig: a retry policy (P-105)") {
  const ServiceConfig config = parsed(method(
      R"("retryPolicy": {"maxAttempts": 9, "initialBackoff": "0.1s", "maxBackoff": "1s",
         "backoffMultiplier": 1.5, "retryableStatusCodes": ["unavailable", "ABORTED", 4]})"));
  const client::RetryPolicy& retry = *config.find("/a/b")->retry;
  CHECK(retry.max_attempts == 5);  // capped
  CHECK(retry.initial_backoff == milliseconds(100));
  CHECK(retry.max_backoff == seconds(1));
  CHECK(retry.backoff_multiplier == 1.5);
  CHECK(retry.retries(StatusCode::kUnavailable));
  CHECK(retry.retries(StatusCode::kAborted));
  CHECK(retry.retries(StatusCode::kDeadlineExceeded));
  CHECK_FALSE(retry.retries(StatusCode::kInternal));
}

TEST_CASE("ServiceConfig: throttling in thousandths (P-108)") {
  const auto throttling =
      *parsed(R"({"retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1239}})").retry_throttling();
  CHECK(throttling.max_tokens == 10'000);
  CHECK(throttling.token_ratio == 123);
}

TEST_CASE("ServiceConfig: the first load balancing policy that is known (P-100)") {
  CHECK(parsed(R"({"loadBalancingConfig": [{"xds": {}}, {"round_robin": {}}, {"pick_first": {}}]})")
            .load_balancing() == LoadBalancing::kRoundRobin);
  CHECK(parsed(R"({"loadBalancingConfig": [{"pick_first": {}}]})").load_balancing() ==
        LoadBalancing::kPickFirst);
  CHECK(parsed(R"({"loadBalancingPolicy": "ROUND_ROBIN"})").load_balancing() == LoadBalancing::kRoundRobin);
  CHECK_FALSE(parsed("{}").load_balancing());
  CHECK(refuses(R"({"loadBalancingConfig": [{"xds": {}}]})", "none of its policies is known"));
  CHECK(refuses(R"({"loadBalancingConfig": [{"a": {}, "pick_first": {}}]})", "one policy in each"));
  CHECK(refuses(R"({"loadBalancingPolicy": "xds"})", "is not known"));
}

TEST_CASE("ServiceConfig: which service's health is asked for (A17, P-114)") {
  CHECK_FALSE(parsed("{}").health_service().has_value());
  CHECK_FALSE(parsed(R"({"healthCheckConfig": {}})").health_service().has_value());
  CHECK(parsed(R"({"healthCheckConfig": {"serviceName": ""}})").health_service() == "");
  CHECK(parsed(R"({"healthCheckConfig": {"serviceName": "a.B"}})").health_service() == "a.B");
  CHECK(refuses(R"({"healthCheckConfig": "a.B"})", "healthCheckConfig"));
  CHECK(refuses(R"({"healthCheckConfig": {"serviceName": 1}})", "serviceName"));
}

TEST_CASE("ServiceConfig: unknown fields and nulls are ignored (A21)") {
  const auto config =
      parsed(R"({"new": 1, "methodConfig": [{"name": [{}], "timeout": null, "newer": {"a": []}}]})");
  CHECK(config.find("/a/b") != nullptr);
}

TEST_CASE("ServiceConfig: a known field that is wrong rejects everything, by its name (A21)") {
  CHECK(refuses("{", "no JSON object"));
  CHECK(refuses(R"({"methodConfig": {}})", "methodConfig"));
  CHECK(refuses(R"({"methodConfig": [1]})", "methodConfig"));
  for (const char* text : {"1", "s", "-1s", "1.s", "1.0000000001s", "1 s", ".5s", "1e3s", "999999999999s"}) {
    CAPTURE(text);
    CHECK(refuses(method(R"("timeout": ")" + std::string(text) + '"'), "timeout"));
  }
  CHECK(refuses(method(R"("timeout": 1)"), "timeout"));
  CHECK(refuses(method(R"("waitForReady": "yes")"), "waitForReady"));
  for (const char* value : {"-1", "1.5", "\"x\"", "\"\"", "true", "4294967296"}) {
    CAPTURE(value);
    CHECK(refuses(method(R"("maxRequestMessageBytes": )" + std::string(value)), "maxRequestMessageBytes"));
  }
  CHECK(refuses(R"({"methodConfig": [{"name": [{"method": "x"}]}]})", "a method needs its service"));
  CHECK(refuses(R"({"methodConfig": [{"name": [{}]}, {"name": [{}]}]})", "twice"));
  CHECK(refuses(method(R"("retryPolicy": {"maxAttempts": 1, )" + kRetry + "}"), "maxAttempts"));
  CHECK(refuses(method(R"("retryPolicy": {"maxAttempts": 2.5, )" + kRetry + "}"), "maxAttempts"));
  CHECK(refuses(method(R"("retryPolicy": {)" + kRetry + "}"), "maxAttempts"));
  for (const char* field : {"initialBackoff", "maxBackoff", "backoffMultiplier", "retryableStatusCodes"}) {
    CAPTURE(field);
    std::string fields = R"("maxAttempts": 3, )" + kRetry;
    fields.replace(fields.find(field), 1, "?");
    CHECK(refuses(method(R"("retryPolicy": {)" + fields + "}"), field));
  }
  for (const char* codes : {"[]", "[17]", "[-1]", "[\"NO\"]", "[true]", "[1.5]"}) {
    CAPTURE(codes);
    std::string fields = R"("maxAttempts": 3, )" + kRetry;
    fields.replace(fields.find("[14]"), 4, codes);
    CHECK(refuses(method(R"("retryPolicy": {)" + fields + "}"), "retryableStatusCodes"));
  }
  CHECK(refuses(R"({"retryThrottling": {"maxTokens": 0, "tokenRatio": 1}})", "maxTokens"));
  CHECK(refuses(R"({"retryThrottling": {"maxTokens": 1001, "tokenRatio": 1}})", "maxTokens"));
  CHECK(refuses(R"({"retryThrottling": {"maxTokens": 1, "tokenRatio": 0.0001}})", "tokenRatio"));
  CHECK(refuses(R"({"retryThrottling": {"maxTokens": 1}})", "tokenRatio"));
}

}  // namespace
}  // namespace hawser::test
