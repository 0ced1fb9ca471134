// A log record for each call of a channel: method, authority, status, retries, duration.
#pragma once

#include "hawser/base/log.h"
#include "hawser/client/interceptor.h"

namespace hawser::interceptors {

class ClientCallLog final : public client::Interceptor {
 public:
  /// `sink` isn't owned. Calls that end with OK are logged at `level`, others one level above it.
  explicit ClientCallLog(log::Sink& sink, log::Level level = log::Level::kDebug)
      : sink_(sink), level_(level) {}

  void after(const client::CallView& call, grpc::Status& status) override;

 private:
  log::Sink& sink_;
  const log::Level level_;
};

}  // namespace hawser::interceptors
