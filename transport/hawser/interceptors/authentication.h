// Lets only calls pass that carry a credential: `authorization: Bearer TOKEN` (RFC 6750 2.1).
//
// Bearer tokens in clear text are for sockets that nobody else can read: UNIX, VSOCK, or below TLS.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/server/interceptor.h"

namespace hawser::interceptors {

class Authentication final : public server::Interceptor {
 public:
  /// True: the token is good for this call. Any thread; must not block.
  using Check = std::function<bool(server::CallView& call, std::string_view token)>;

  /// Calls of methods that start with one of `open_prefixes` ("/grpc.health.v1.Health/") need no token.
  explicit Authentication(Check check, std::vector<std::string> open_prefixes = {})
      : check_(std::move(check)), open_prefixes_(std::move(open_prefixes)) {}

  /// Any of these tokens, compared in a time that doesn't tell how much of a guess was right.
  static Check one_of(std::vector<std::string> tokens);

  /// UNAUTHENTICATED without a token that passes.
  std::optional<grpc::Status> before(server::CallView& call) override;

 private:
  bool is_open(std::string_view method) const;

  const Check check_;
  const std::vector<std::string> open_prefixes_;
};

}  // namespace hawser::interceptors
