// The name of a service, as a channel is given it: one endpoint or several, of any mix of families, separated
// by commas (P-97; gRPC doc/naming.md).
//
//   host:port  dns:host:port  dns:///host:port        a name with all of its addresses; without a port 443
//   ipv4:10.0.0.1:80,10.0.0.2:80                      literals; the scheme holds for those that follow
//   ipv6:[::1]:80,[::2]:80
//   unix:/run/x.sock  unix-abstract:name  vsock:2:50051  vsock://2:50051  hvsock:/run/vm.sock:50051
//   vsock://2:50051,127.0.0.1:50051                   in order of preference
//
// A comma always separates: a UNIX path with a comma can't be named. Strict otherwise, like net::Address.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/result.h"
#include "hawser/net/address.h"

namespace hawser::client {

class Target final {
 public:
  /// Scope usage on failure: the message names the part that is wrong and shows a right form.
  static Result<Target> parse(std::string_view text);

  const std::string& text() const { return text_; }
  const std::vector<net::Address>& endpoints() const { return endpoints_; }
  /// The default `:authority` (P-98): the name as given, `localhost` for UNIX sockets and hybrid VSOCK,
  /// `cid:port` for VSOCK, the whole list of ipv4: and ipv6: targets; of other lists that of the first
  /// endpoint.
  const std::string& authority() const { return authority_; }
  /// resolve() asks the system's resolver, and may say something else another time.
  bool needs_lookup() const;
  /// The addresses of all endpoints in order. Names that can't be resolved are left out, unless nothing is
  /// left: then the error of the last (scope io). Blocks when needs_lookup().
  Result<std::vector<net::SocketAddress>> resolve() const;

 private:
  std::string text_;
  std::string authority_;
  std::vector<net::Address> endpoints_;
};

}  // namespace hawser::client
