// Which deadlines calls may have: a longest one, and whether one has to be there.
#pragma once

#include "hawser/base/clock.h"
#include "hawser/server/interceptor.h"

namespace hawser::interceptors {

struct DeadlineRules {
  /// No call runs longer, whatever its client said. Duration::max(): no such limit.
  Duration longest = Duration::max();
  /// A call without a deadline is refused with PERMISSION_DENIED.
  bool required = false;
};

class DeadlinePolicy final : public server::Interceptor {
 public:
  explicit DeadlinePolicy(DeadlineRules rules) : rules_(rules) {}

  std::optional<grpc::Status> before(server::CallView& call) override;

 private:
  const DeadlineRules rules_;
};

}  // namespace hawser::interceptors
