// Gives calls a credential: `authorization: Bearer TOKEN` (RFC 6750 2.1). The server's side of it is
// Authentication.
//
// A channel without TLS (ChannelOptions::tls) writes the token in clear: do that only where nobody else can
// read, on UNIX sockets and VSOCK.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "hawser/client/interceptor.h"

namespace hawser::interceptors {

class BearerToken final : public client::Interceptor {
 public:
  /// The token for a call; nullopt when there is none. Called on channels' loops, several at once when
  /// channels share this; must not block.
  using Source = std::function<std::optional<std::string>(client::CallView& call)>;

  explicit BearerToken(Source source) : source_(std::move(source)) {}
  /// The same one for every call.
  explicit BearerToken(std::string token);

  /// UNAUTHENTICATED without a token. Calls that bring an authorization of their own are left alone.
  std::optional<grpc::Status> before(client::CallView& call) override;

 private:
  const Source source_;
};

}  // namespace hawser::interceptors
