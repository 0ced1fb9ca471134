#include "hawser/client/interceptor_chain.h"

#include <utility>

namespace hawser::client {
namespace {

using grpc::Status;

// Without a response OK would be a lie.
Status no_response() { return {grpc::StatusCode::kInternal, "an interceptor made a failed call OK", {}}; }

}  // namespace

std::optional<Status> InterceptorChain::before(CallView& call, Depth& depth) const {
  for (depth = 0; depth < interceptors_.size(); ++depth) {
    std::optional<Status> refused = interceptors_[depth]->before(call);
    if (!refused) continue;
    if (refused->ok()) *refused = no_response();
    return refused;
  }
  return std::nullopt;
}

void InterceptorChain::after(const CallView& call, Status& status, Depth& depth) const {
  const bool was_ok = status.ok();
  while (depth > 0) interceptors_[--depth]->after(call, status);
  if (!was_ok && status.ok()) status = no_response();
}

}  // namespace hawser::client
