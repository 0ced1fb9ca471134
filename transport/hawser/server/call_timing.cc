#include "hawser/server/call_timing.h"

#include "hawser/grpc/server_timing.h"

namespace hawser::server {

void CallTiming::start(ReadClock clock, Instant received) {
  clock_ = clock;
  received_ = received;
  has_left_ = false;
  note_entry();
}

void CallTiming::note_entry() { entered_ = clock_(); }

void CallTiming::note_exit() {
  if (has_left_) return;
  left_ = clock_();
  has_left_ = true;
}

void CallTiming::report(http2::HeaderBlock& trailers) {
  grpc::ServerTimingText text;
  const grpc::ServerTiming timing{entered_ - received_, left_ - entered_, clock_() - left_};
  trailers.add(grpc::kServerTiming, grpc::format_server_timing(timing, text));
  stop();
}

}  // namespace hawser::server
