#include "src/admin/admin_address.h"

#include <string>

namespace hawser::admin {
namespace {

constexpr std::uint32_t kOwnerOnly = 0600;

tl::unexpected<Error> refused(const net::Address& address, const std::string& why) {
  return usage_error("administration can't be listened to on " + address.text() + ": " + why);
}

Result<void> check(const net::Address& address, const net::SocketAddress& resolved) {
  switch (resolved.family()) {
    case net::Family::kTcp:
      if (resolved.is_loopback()) return {};
      return refused(address,
                     "that is no loopback address, so others could reach it; use a UNIX socket "
                     "(unix:/path), 127.0.0.1:port or a VSOCK port, or a tunnel to one of them");
    case net::Family::kUnix:
      if (!resolved.socket_file().empty()) return {};
      return refused(address, "abstract sockets have no file whose mode keeps others out; use unix:/path");
    case net::Family::kHybridVsock:
      return refused(address,
                     "that is for guests, and their CIDs aren't known; use unix:/path or vsock://cid:port");
    case net::Family::kVsock:
      if (resolved.port() != 0) return {};
      return refused(address, "a VSOCK port has to be named, so that the policy can rely on it");
  }
  return {};
}

Result<void> check_all(const net::Address& address, const std::vector<net::SocketAddress>& all) {
  for (const net::SocketAddress& one : all) {
    if (auto checked = check(address, one); !checked) return checked;
  }
  return {};
}

}  // namespace

Result<void> check_admin_address(const net::Address& address) {
  const auto resolved = address.resolve();
  if (!resolved) return tl::unexpected<Error>(resolved.error());
  return check_all(address, *resolved);
}

Result<std::vector<net::SocketAddress>> listen_for_administration(server::Server& server,
                                                                  const net::Address& address) {
  if (auto checked = check_admin_address(address); !checked) return tl::unexpected<Error>(checked.error());
  auto bound = server.listen(address, {.socket_file_mode = kOwnerOnly});
  if (!bound) return bound;
  // A name may have been given other addresses in between.
  if (auto checked = check_all(address, *bound); !checked) return tl::unexpected<Error>(checked.error());
  return bound;
}

}  // namespace hawser::admin
