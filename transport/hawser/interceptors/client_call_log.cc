#include "hawser/interceptors/client_call_log.h"

#include <algorithm>
#include <string>

namespace hawser::interceptors {
namespace {

log::Level above(log::Level level) {
  return static_cast<log::Level>(std::min(static_cast<int>(level) + 1, static_cast<int>(log::Level::kError)));
}

}  // namespace

void ClientCallLog::after(const client::CallView& call, grpc::Status& status) {
  const log::Level level = status.ok() ? level_ : above(level_);
  if (!sink_.enabled(level)) return;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(call.now() - call.times().started);
  const std::string microseconds = std::to_string(took.count());
  const std::string retries = std::to_string(call.retries());
  sink_.write(level, "call",
              {{"method", call.method()},
               {"authority", call.authority()},
               {"status", grpc::to_string(status.code)},
               {"us", microseconds},
               {"retries", retries},
               {"detail", status.message}});
}

}  // namespace hawser::interceptors
