// A gRPC service config (gRPC doc/service_config.md, proposals A6 and A21; P-110).
//
//   {
//     "loadBalancingConfig": [{"round_robin": {}}],
//     "methodConfig": [{
//       "name": [{"service": "echo.EchoService", "method": "Echo"}, {"service": "echo.EchoService"}, {}],
//       "timeout": "1.5s", "waitForReady": true,
//       "maxRequestMessageBytes": 1024, "maxResponseMessageBytes": 4096,
//       "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s",
//                       "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}
//     }],
//     "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
//     "healthCheckConfig": {"serviceName": "echo.EchoService"}
//   }
//
// Unknown fields are ignored; a known field that is wrong rejects all of it. Read only once parsed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/result.h"
#include "hawser/client/channel_options.h"
#include "hawser/client/method_config.h"

namespace hawser::client {

/// P-108. In thousandths of a token.
struct RetryThrottling {
  std::int64_t max_tokens = 0;
  std::int64_t token_ratio = 0;
};

class ServiceConfig final {
 public:
  /// Scope usage on failure: the message names the field.
  static Result<ServiceConfig> parse(std::string_view json);

  /// For "/package.Service/Method": of the method, else of its service, else the default; null without. Lives
  /// as long as this object, also when it is moved.
  const MethodConfig* find(std::string_view path) const { return by_name_.empty() ? nullptr : look_up(path); }
  const std::optional<RetryThrottling>& retry_throttling() const { return retry_throttling_; }
  const std::optional<LoadBalancing>& load_balancing() const { return load_balancing_; }
  /// What servers are asked about, if they are (gRPC proposal A17); empty is the server as a whole.
  const std::optional<std::string>& health_service() const { return health_service_; }

 private:
  friend class ServiceConfigReader;

  const MethodConfig* look_up(std::string_view path) const;

  // By "service/method", "service/" and "".
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::vector<MethodConfig> methods_;
  std::optional<RetryThrottling> retry_throttling_;
  std::optional<LoadBalancing> load_balancing_;
  std::optional<std::string> health_service_;
};

}  // namespace hawser::client
