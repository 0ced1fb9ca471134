// Which deadlines the calls of a channel have: one for those without, and a longest one.
#pragma once

#include "hawser/base/clock.h"
#include "hawser/client/interceptor.h"

namespace hawser::interceptors {

struct ClientDeadlineRules {
  /// Of calls that bring no deadline. Duration::max(): none.
  Duration by_default = Duration::max();
  /// Of streaming calls that bring none: many of those are meant to stay.
  Duration by_default_of_streams = Duration::max();
  /// No call runs longer, whatever it asks for. Duration::max(): no such limit.
  Duration longest = Duration::max();
};

class ClientDeadlines final : public client::Interceptor {
 public:
  explicit ClientDeadlines(ClientDeadlineRules rules) : rules_(rules) {}

  std::optional<grpc::Status> before(client::CallView& call) override;

 private:
  const ClientDeadlineRules rules_;
};

}  // namespace hawser::interceptors
