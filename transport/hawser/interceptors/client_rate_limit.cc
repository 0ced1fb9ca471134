#include "hawser/interceptors/client_rate_limit.h"

#include <chrono>
#include <string>

namespace hawser::interceptors {

std::optional<grpc::Status> ClientRateLimit::before(client::CallView& call) {
  Duration wait{};
  {
    const std::lock_guard lock(mutex_);
    wait = bucket_.wait_for(rate_, call.now());
    if (wait == Duration::zero()) {
      bucket_.take();
      return std::nullopt;
    }
  }
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return grpc::Status{grpc::StatusCode::kResourceExhausted,
                      "too many calls of this client: come back in " + std::to_string(milliseconds) + " ms",
                      {}};
}

}  // namespace hawser::interceptors
