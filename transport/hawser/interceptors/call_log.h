// A log record for each call: method, peer, status, duration.
#pragma once

#include "hawser/base/log.h"
#include "hawser/server/interceptor.h"

namespace hawser::interceptors {

class CallLog final : public server::Interceptor {
 public:
  /// `sink` isn't owned. Calls that end with OK are logged at `level`, others one level above it.
  explicit CallLog(log::Sink& sink, log::Level level = log::Level::kDebug) : sink_(sink), level_(level) {}

  void after(server::CallView& call, grpc::Status& status) override;

 private:
  log::Sink& sink_;
  const log::Level level_;
};

}  // namespace hawser::interceptors
