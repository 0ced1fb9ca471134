#include "hawser/net/blocking_connect.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "hawser/net/hybrid_handshake.h"

namespace hawser::net {
namespace {

Error connect_error(int error_number, const SocketAddress& address) {
  return Error{ErrorScope::kIo, error_number,
               "connect to " + address.to_string() + ": " + explain(error_number, address)};
}

/// False when it is not ready by then.
bool wait_for(int fd, short events, Instant end) {
  for (;;) {
    const Duration left = std::max(end - Clock::now(), Duration::zero());
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<decltype(ms)>(ms, INT_MAX)));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= end) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Result<void> shake_hands(int fd, const SocketAddress& address, Instant end) {
  HybridHandshake handshake(address);
  // Its line fits any socket's buffer, so what is waited for is the answer.
  for (;;) {
    const Result<bool> done = handshake.advance(fd);
    if (!done) return tl::unexpected<Error>(done.error());
    if (*done) return {};
    if (!wait_for(fd, POLLIN, end)) return tl::unexpected<Error>(handshake.timed_out());
  }
}

Result<UniqueFd> connect_one(const SocketAddress& address, const ConnectOptions& options, Instant end) {
  const Instant now = Clock::now();
  Result<UniqueFd> fd = start_connect(address, {.timeout = end - now, .vsock = options.vsock});
  if (!fd) return fd;
  int error = EINPROGRESS;
  while (error == EINPROGRESS) {
    if (!wait_for(fd->get(), POLLOUT, end)) return tl::unexpected<Error>(connect_error(ETIMEDOUT, address));
    error = finish_connect(fd->get());
  }
  if (error != 0) return tl::unexpected<Error>(connect_error(error, address));
  if (!address.hybrid_port()) return fd;
  const Instant answer_end = std::min(end, saturating_add(Clock::now(), options.vsock.hybrid_timeout));
  if (Result<void> shaken = shake_hands(fd->get(), address, answer_end); !shaken) {
    return tl::unexpected<Error>(std::move(shaken.error()));
  }
  return fd;
}

}  // namespace

Result<UniqueFd> connect_blocking(const Address& address, const ConnectOptions& options) {
  if (address.is_wildcard_only()) {
    return usage_error("address '" + address.text() + "' names no single endpoint: it can't be connected to");
  }
  Result<std::vector<SocketAddress>> candidates = address.resolve();
  if (!candidates) return tl::unexpected<Error>(std::move(candidates.error()));
  const Instant end = saturating_add(Clock::now(), options.timeout);
  Result<UniqueFd> connected = io_error(ETIMEDOUT, "connect to " + address.text());
  for (const SocketAddress& candidate : *candidates) {
    connected = connect_one(candidate, options, end);
    if (connected || Clock::now() >= end) break;
  }
  return connected;
}

}  // namespace hawser::net
