// Calls on VSOCK sockets, recorded and answered by the test instead of the kernel: this program's own
// socket(2), setsockopt(2), bind(2), listen(2) and connect(2) stand before those of the C library. A VSOCK
// socket is a UNIX one here, so no machine needs VSOCK for these tests and none is touched. Other families
// pass through.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hawser::test {

class SocketCalls final {
 public:
  /// At most one at a time.
  SocketCalls();
  ~SocketCalls();
  SocketCalls(const SocketCalls&) = delete;
  SocketCalls& operator=(const SocketCalls&) = delete;

  /// The next calls of that name fail with `error_number`: "socket", "bind", "listen", "connect".
  void fail(const std::string& name, int error_number) { failures_[name] = error_number; }

  /// In their order: "socket", "BUFFER_MAX_SIZE 1048576", "CONNECT_TIMEOUT 2.5", "bind any:5000",
  /// "connect 3:5000 flags 1", "listen".
  const std::vector<std::string>& log() const { return log_; }
  /// The place of a call in the log; nullopt: there was none.
  std::optional<std::size_t> place_of(const std::string& call) const;

  // For the calls themselves.
  bool owns(int fd) const;
  int open(int type);
  /// 0, or the errno of fail().
  int note(const std::string& name, const std::string& text);

 private:
  std::map<std::string, int> failures_;
  std::vector<std::string> log_;
  std::vector<int> fds_;
};

}  // namespace hawser::test
