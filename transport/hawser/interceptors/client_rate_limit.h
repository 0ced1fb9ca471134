// No more than so many calls a second to a server that must be spared: a call over the limit ends with
// RESOURCE_EXHAUSTED before anything is sent, and says when to come back.
#pragma once

#include <mutex>

#include "hawser/client/interceptor.h"
#include "hawser/interceptors/token_bucket.h"

namespace hawser::interceptors {

class ClientRateLimit final : public client::Interceptor {
 public:
  /// Of all channels that share this.
  explicit ClientRateLimit(Rate rate) : rate_(rate), bucket_(rate) {}

  std::optional<grpc::Status> before(client::CallView& call) override;

 private:
  const Rate rate_;
  std::mutex mutex_;
  TokenBucket bucket_;
};

}  // namespace hawser::interceptors
