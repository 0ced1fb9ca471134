// How a host reaches a VSOCK port of its guest through the UNIX socket of the virtual machine monitor
// ("hybrid VSOCK", CONFORMANCE V-17):
//
//   -> CONNECT <port>\n      <- OK <number>\n      then the two are connected
//   -> CONNECT <port>\n      <- end of input       nothing listens on that port
//
// Of what the monitor sends only that line is taken: the bytes behind it, which may come with it, are the
// server's SETTINGS.
// Sources: Firecracker docs/vsock.md; Cloud Hypervisor docs/vsock.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "hawser/base/result.h"
#include "hawser/net/socket_address.h"

namespace hawser::net {

class HybridHandshake final {
 public:
  /// `address` is one with a hybrid_port().
  explicit HybridHandshake(const SocketAddress& address);

  /// Goes on as far as the connected socket allows: true when it is done, false when it has to be ready for
  /// writing (before everything is sent) or reading. Scope io on failure, ECONNREFUSED when nothing listens.
  Result<bool> advance(int fd);
  /// The error of a monitor that doesn't answer for too long.
  Error timed_out() const;

 private:
  Result<bool> send_request(int fd);
  Result<bool> read_answer(int fd);
  Result<bool> check_answer() const;
  Error failure(int error_number, const std::string& what) const;
  Error not_listening() const;

  const std::string name_;
  const std::uint32_t port_;
  std::string request_;  // what is not sent yet
  std::string answer_;   // without its end of line
};

}  // namespace hawser::net
