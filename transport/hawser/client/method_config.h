// What a service config says of one method (gRPC doc/service_config.md; P-105, P-110).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "hawser/base/clock.h"
#include "hawser/grpc/status.h"

namespace hawser::client {

/// gRPC proposal A6.
struct RetryPolicy {
  static constexpr int kMostAttempts = 5;

  int max_attempts = 0;  ///< The first one included; 2 to kMostAttempts.
  Duration initial_backoff{};
  Duration max_backoff{};
  double backoff_multiplier = 0;
  std::uint32_t retryable_codes = 0;  ///< A bit for each status code.

  bool retries(grpc::StatusCode code) const {
    return (retryable_codes >> static_cast<unsigned>(code) & 1U) != 0;
  }
};

struct MethodConfig {
  std::optional<Duration> timeout;  ///< The smaller one of it and the application's counts.
  std::optional<bool> wait_for_ready;
  std::optional<std::size_t> max_request_bytes;
  std::optional<std::size_t> max_response_bytes;
  std::optional<RetryPolicy> retry;
};

}  // namespace hawser::client
