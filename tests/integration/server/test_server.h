// A running server with methods that need no protobuf.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hawser/server/server.h"
#include "hawser/server/server_call.h"
#include "support/eventually.h"
#include "support/sockets.h"

namespace hawser::test {

inline constexpr std::string_view kEchoPath = "/test.Service/Echo";
inline constexpr std::string_view kHoldPath = "/test.Service/Hold";

inline server::ServerOptions workers(std::size_t count) {
  server::ServerOptions options;
  options.workers = count;
  return options;
}

/// Calls of kHoldPath wait here until they are released.
class HeldCalls final {
 public:
  void add(server::ServerCall& call);
  /// Ends all of them with OK, from the caller's thread.
  void finish();
  std::size_t count() const;
  /// How many of them the server has cancelled.
  std::size_t cancelled() const;

 private:
  mutable std::mutex mutex_;
  std::vector<server::ServerCall*> calls_;  // guarded by mutex_
};

class TestServer final {
 public:
  /// Listens on loopback() and a UNIX socket.
  explicit TestServer(const server::ServerOptions& options = workers(1));
  /// Ends held calls, then the server.
  ~TestServer();

  server::Server* operator->() { return server_.get(); }
  const net::SocketAddress& tcp() const { return tcp_; }
  const net::SocketAddress& unix_socket() const { return unix_; }
  HeldCalls& held() { return held_; }
  std::string file(std::string_view name) const { return folder_.file(name); }

 private:
  ScratchFolder folder_;
  HeldCalls held_;
  std::unique_ptr<server::Server> server_;
  net::SocketAddress tcp_;
  net::SocketAddress unix_;
};

}  // namespace hawser::test
