// The interceptors of a channel, in order.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "hawser/client/interceptor.h"

namespace hawser::client {

class InterceptorChain final {
 public:
  /// How many interceptors have let a call pass: what after() has to undo. 0 for a new call.
  using Depth = std::size_t;

  /// None of them is owned.
  explicit InterceptorChain(std::span<Interceptor* const> interceptors) : interceptors_(interceptors) {}
  bool empty() const { return interceptors_.empty(); }

  std::optional<grpc::Status> before(CallView& call, Depth& depth) const;
  /// Brings `depth` back to 0.
  void after(const CallView& call, grpc::Status& status, Depth& depth) const;

 private:
  std::span<Interceptor* const> interceptors_;
};

}  // namespace hawser::client
