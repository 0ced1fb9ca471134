#include "hawser/interceptors/deadline_policy.h"

namespace hawser::interceptors {

std::optional<grpc::Status> DeadlinePolicy::before(server::CallView& call) {
  if (rules_.required && call.deadline() == kNever) {
    return grpc::Status{grpc::StatusCode::kPermissionDenied, "calls of this server need a deadline", {}};
  }
  if (rules_.longest != Duration::max()) call.limit_deadline(saturating_add(call.began_at(), rules_.longest));
  return std::nullopt;
}

}  // namespace hawser::interceptors
