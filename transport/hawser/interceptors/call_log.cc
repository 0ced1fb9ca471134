#include "hawser/interceptors/call_log.h"

#include <string>

#include "hawser/interceptors/log_level.h"

namespace hawser::interceptors {

void CallLog::after(server::CallView& call, grpc::Status& status) {
  const log::Level level = status.ok() ? level_ : above(level_);
  if (!sink_.enabled(level)) return;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(call.now() - call.began_at());
  const std::string microseconds = std::to_string(took.count());
  sink_.write(level, "call",
              {{"method", call.method()},
               {"peer", call.peer().uri},
               {"status", grpc::to_string(status.code)},
               {"us", microseconds},
               {"detail", status.message}});
}

}  // namespace hawser::interceptors
