#include "hawser/server/interceptor_chain.h"

namespace hawser::server {

std::optional<grpc::Status> InterceptorChain::before(CallView& call, Depth& depth) const {
  for (depth = 0; depth < interceptors_.size(); ++depth) {
    std::optional<grpc::Status> refused = interceptors_[depth]->before(call);
    if (!refused) continue;
    // OK without a reply would be no end of a call.
    if (refused->ok()) *refused = {grpc::StatusCode::kInternal, "an interceptor ended the call with OK", {}};
    return refused;
  }
  return std::nullopt;
}

void InterceptorChain::after(CallView& call, grpc::Status& status, Depth& depth) const {
  while (depth > 0) interceptors_[--depth]->after(call, status);
}

}  // namespace hawser::server
