// A gRPC server: methods, addresses, workers.
//
//   auto server = server::Server::create(options);
//   binding::ServiceBinding<echo::EchoService>(handler).unary("Echo", …).add_to(**server);
//   (*server)->listen(*net::Address::parse("127.0.0.1:50051"));
//   (*server)->start();
//   (*server)->wait();
//
// One acceptor an address, on the first worker, hands connections out in turn: every family behaves the same
// (VSOCK has no SO_REUSEPORT), a taken port is an error, and few connections spread evenly.
//
// Threads: one owner calls everything but shutdown(), which any thread may call.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"
#include "hawser/http2/session_config.h"
#include "hawser/net/address.h"
#include "hawser/net/socket.h"
#include "hawser/server/cid_gate.h"
#include "hawser/server/connection_limiter.h"
#include "hawser/server/listen_options.h"
#include "hawser/server/refusal_log.h"
#include "hawser/server/router.h"
#include "hawser/server/server_options.h"

namespace hawser::server {

class Worker;

class Server final {
 public:
  /// Scope io when the kernel refuses an event loop.
  static Result<std::unique_ptr<Server>> create(const ServerOptions& options);
  /// Shuts down without grace and waits for running handlers.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Before start(). Scope usage: the path is malformed or taken.
  Result<void> add(std::unique_ptr<Method> method);

  /// Names of the services that methods were added of, in order. Any thread once started.
  std::vector<std::string> services() const { return router_.services(); }

  /// Binds and listens; connections wait in the kernel until start(). Gives the bound addresses, with the
  /// real port where 0 was asked for; several when a name has several. Before start().
  Result<std::vector<net::SocketAddress>> listen(const net::Address& address,
                                                 const ListenOptions& options = {});

  /// The same on a socket that listens already, of any family: from a service manager (net/inherited.h), or
  /// made by the caller. It is closed at shutdown; a UNIX socket's file stays. Scope usage: it isn't one.
  Result<net::SocketAddress> listen(UniqueFd fd, const ListenOptions& options = {});

  /// Freezes the router and starts the workers. Scope io on failure; the server is then of no more use.
  Result<void> start();

  /// Graceful end: stops listening, sends GOAWAY, lets calls finish for at most `grace`, closes. Returns at
  /// once. Again with a shorter grace: hurries. Any thread, after start().
  void shutdown(Duration grace);
  /// Returns when the server has ended. After start().
  void wait();

  std::size_t open_connections() const { return limiter_.open_connections(); }
  /// Connections that were closed at once because of ServerOptions::vsock_allow_cids. Any thread.
  std::uint64_t refused_by_cid() const { return cid_gate_.refused(); }

 private:
  /// A bound address, and what its connections are.
  class Door;

  explicit Server(const ServerOptions& options);
  Result<net::SocketAddress> bind(const net::SocketAddress& address, const ListenOptions& options);
  void on_accepted(net::Accepted&& accepted, const Door& door);
  void close_listeners();
  void drain_workers(Duration grace);

  ServerOptions options_;
  Router router_;
  ConnectionLimiter limiter_;
  CidGate cid_gate_;
  RefusalLog wrong_cid_log_;  // the first worker's thread
  RefusalLog too_many_log_;   // the first worker's thread
  std::unique_ptr<http2::SessionConfig> session_config_;
  std::vector<std::string> socket_files_;  // to remove when listening ends
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Door>> doors_;  // opened on the first worker's loop, by start()
  std::size_t next_worker_ = 0;               // the first worker's thread
  std::atomic<bool> listeners_closed_{false};
};

}  // namespace hawser::server
