// A Hawser server in this process, on TCP (or VSOCK, test_family.h) and on a UNIX socket, and stock grpc++
// channels to it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <grpcpp/channel.h>

#include "hawser/server/server.h"
#include "support/eventually.h"
#include "support/sockets.h"

namespace hawser::test {

inline server::ServerOptions workers(std::size_t count) {
  server::ServerOptions options;
  options.workers = count;
  return options;
}

class RunningServer final {
 public:
  using AddMethods = std::function<Result<void>(server::Server&)>;

  /// Throws when it can't serve. What the methods call must outlive the object.
  explicit RunningServer(const AddMethods& add_methods, const server::ServerOptions& options = workers(1),
                         const server::ListenOptions& listen_options = {});

  server::Server& operator*() { return *server_; }
  server::Server* operator->() { return server_.get(); }
  /// Ends the server as its destructor does, with connections open.
  void destroy() { server_.reset(); }

  const std::string& target() const { return target_; }
  const std::string& unix_target() const { return unix_target_; }
  /// A channel with default arguments and connections of its own.
  std::shared_ptr<::grpc::Channel> channel() const;
  std::shared_ptr<::grpc::Channel> unix_channel() const;

 private:
  ScratchFolder folder_;
  std::unique_ptr<server::Server> server_;
  std::string target_;
  std::string unix_target_;
};

/// See stock_channel(). 0: grpc++'s own limit.
std::shared_ptr<::grpc::Channel> connect_to(const std::string& target, int max_receive_bytes = 0);

inline std::chrono::system_clock::time_point in_seconds(int seconds) {
  return std::chrono::system_clock::now() + std::chrono::seconds(seconds);
}

}  // namespace hawser::test
