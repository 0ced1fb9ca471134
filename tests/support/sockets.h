// Connected sockets, loop-back addresses and scratch folders for tests. Nothing here sleeps or uses a fixed
// port.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hawser/base/byte_queue.h"
#include "hawser/base/unique_fd.h"
#include "hawser/net/address.h"
#include "hawser/net/socket.h"
#include "support/bytes.h"

namespace hawser::test {

/// The value of a result, or an exception with its detail: a test that can't be set up fails with a reason.
template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct Pair {
  UniqueFd ours;
  UniqueFd theirs;
};

/// Two connected UNIX sockets, both non-blocking. `type` may be SOCK_SEQPACKET: it shows each send.
inline Pair unix_pair(int type = SOCK_STREAM) {
  int fds[2];
  if (::socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) {
    throw std::runtime_error("socketpair: " + errno_text(errno));
  }
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

inline net::SocketAddress address_of(std::string_view text) {
  return value_of(value_of(net::Address::parse(text)).resolve()).front();
}

inline bool wait_for(int fd, short events, int timeout_ms = 5000) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, timeout_ms) == 1;
}

struct TcpListener {
  UniqueFd fd;
  net::SocketAddress address;
};

inline TcpListener tcp_listener(int backlog = 128, std::string_view where = "127.0.0.1:0") {
  UniqueFd fd = value_of(net::listen(address_of(where), {.backlog = backlog, .reuse_port = false}));
  const net::SocketAddress address = value_of(net::local_address(fd.get()));
  return {std::move(fd), address};
}

/// Two connected TCP sockets over loop-back, both non-blocking.
inline Pair tcp_pair() {
  const TcpListener listener = tcp_listener();
  UniqueFd client = value_of(net::start_connect(listener.address));
  if (!wait_for(listener.fd.get(), POLLIN)) throw std::runtime_error("loop-back doesn't connect");
  auto accepted = value_of(net::accept(listener.fd.get()));
  return {std::move(accepted.value().fd), std::move(client)};
}

inline void set_buffer(int fd, int option, int bytes) {
  if (::setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes) != 0) {
    throw std::runtime_error("setsockopt: " + errno_text(errno));
  }
}

/// Writes what the socket takes; gives how much that was.
inline std::size_t write_some(int fd, Bytes bytes) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t size = ::send(fd, bytes.data() + written, bytes.size() - written, MSG_NOSIGNAL);
    if (size < 0) break;
    written += static_cast<std::size_t>(size);
  }
  return written;
}

inline std::size_t write_some(int fd, std::string_view text) { return write_some(fd, as_bytes(text)); }

struct Read {
  std::string bytes;
  bool end = false;  ///< The other side ended its output.
  int error = 0;
};

/// Reads what is there now, at most `limit` bytes.
inline Read read_some(int fd, std::size_t limit = 1 << 24) {
  Read result;
  char buffer[16384];
  while (result.bytes.size() < limit) {
    const std::size_t wanted = std::min(sizeof buffer, limit - result.bytes.size());
    const ssize_t size = ::recv(fd, buffer, wanted, MSG_DONTWAIT);
    if (size == 0) result.end = true;
    if (size < 0 && errno != EAGAIN) result.error = errno;
    if (size <= 0) break;
    result.bytes.append(buffer, static_cast<std::size_t>(size));
  }
  return result;
}

/// Bytes that show a gap, a repetition or a swap wherever one happens.
inline std::vector<std::uint8_t> pattern(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>((i * 2654435761u) >> 13);
  return bytes;
}

/// A folder of its own, removed at the end. Its path is short: UNIX socket names have 107 bytes.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "hawserXXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp: " + errno_text(errno));
    path_ = path;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string file(std::string_view name) const { return path_ + '/' + std::string(name); }

 private:
  std::string path_;
};

}  // namespace hawser::test
