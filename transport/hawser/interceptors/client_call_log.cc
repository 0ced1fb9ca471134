#include "hawser/interceptors/client_call_log.h"

#include <string>

#include "hawser/interceptors/log_level.h"

namespace hawser::interceptors {

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
