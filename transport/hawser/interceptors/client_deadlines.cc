#include "hawser/interceptors/client_deadlines.h"

#include <algorithm>

namespace hawser::interceptors {
namespace {

Instant end_of(Instant start, Duration time) {
  return time == Duration::max() ? kNever : saturating_add(start, time);
}

}  // namespace

std::optional<grpc::Status> ClientDeadlines::before(client::CallView& call) {
  Instant deadline = call.deadline();
  const Instant start = call.times().started;
  if (deadline == kNever) {
    deadline = end_of(start, call.is_streaming() ? rules_.by_default_of_streams : rules_.by_default);
  }
  call.set_deadline(std::min(deadline, end_of(start, rules_.longest)));
  return std::nullopt;
}

}  // namespace hawser::interceptors
