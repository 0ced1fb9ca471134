#include "hawser/net/inherited.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "hawser/net/socket.h"

namespace hawser::net {
namespace {

constexpr int kMostSockets = 1000;

/// The variable's text; it is taken away.
std::optional<std::string> take_variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string text = value;
  // lint: allow setenv: before there are threads, as the header says
  ::unsetenv(name);
  return text;
}

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

int option_of(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

bool add_flags(int fd) {
  const int status = ::fcntl(fd, F_GETFL);
  return status >= 0 && ::fcntl(fd, F_SETFL, status | O_NONBLOCK) == 0 &&
         ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

tl::unexpected<Error> refuse(int fd, std::string_view what) {
  return usage_error("descriptor " + std::to_string(fd) + ": " + std::string(what));
}

Result<void> check_stream(int fd) {
  const int type = option_of(fd, SO_TYPE);
  if (type < 0) return refuse(fd, "it is no socket");
  const int domain = option_of(fd, SO_DOMAIN);
  if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX && domain != AF_VSOCK) {
    return refuse(fd, "its family is none of TCP, UNIX and VSOCK");
  }
  if (type != SOCK_STREAM) return refuse(fd, "it is no stream socket (ListenStream= makes one)");
  if (!add_flags(fd)) return refuse(fd, errno_text(errno));
  return {};
}

}  // namespace

Result<InheritedSocket> check_listening(UniqueFd fd) {
  if (auto stream = check_stream(fd.get()); !stream) return tl::unexpected<Error>(std::move(stream.error()));
  if (option_of(fd.get(), SO_ACCEPTCONN) != 1) {
    return refuse(fd.get(), "it doesn't listen; with systemd, set Accept=no");
  }
  Result<SocketAddress> address = local_address(fd.get());
  if (!address) return tl::unexpected<Error>(std::move(address.error()));
  return InheritedSocket{std::move(fd), *address};
}

Result<InheritedSocket> check_connected(UniqueFd fd) {
  if (auto stream = check_stream(fd.get()); !stream) return tl::unexpected<Error>(std::move(stream.error()));
  Result<SocketAddress> address = peer_address(fd.get());
  if (!address) return refuse(fd.get(), "it isn't connected");
  return InheritedSocket{std::move(fd), *address};
}

Result<std::vector<InheritedSocket>> take_inherited_sockets(int first) {
  const auto pid = take_variable("LISTEN_PID");
  const auto count_text = take_variable("LISTEN_FDS");
  take_variable("LISTEN_FDNAMES");
  std::vector<InheritedSocket> sockets;
  // Of another process: variables that went on to a child of the one they were for.
  if (!pid || !count_text || number_in(*pid) != ::getpid()) return sockets;
  const std::optional<int> count = number_in(*count_text);
  if (!count || *count > kMostSockets) {
    return usage_error("LISTEN_FDS: \"" + *count_text + "\" is no number of descriptors");
  }
  for (int fd = first; fd < first + *count; ++fd) {
    Result<InheritedSocket> socket = check_listening(UniqueFd(fd));
    if (!socket) return tl::unexpected<Error>(std::move(socket.error()));
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

}  // namespace hawser::net
