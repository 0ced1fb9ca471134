// Server reflection, grpc.reflection.v1 and its older name v1alpha (gRPC doc/server-reflection.md, proposal
// A15): what grpcurl, `hawser-client call` and `hawser-client list` ask.
//
//   services::ReflectionService reflection(server);
//   reflection.add_to(server);
//
// It lists the services that were bound to the server when it started, and describes them from the generated
// descriptors of the process.
//
// Threads: set-up only. Outlives the server.
#pragma once

#include <memory>

#include "hawser/base/result.h"

namespace hawser::server {
class Server;
}

namespace hawser::services {

class ReflectionService final {
 public:
  explicit ReflectionService(const server::Server& server);
  ~ReflectionService();
  ReflectionService(const ReflectionService&) = delete;
  ReflectionService& operator=(const ReflectionService&) = delete;

  /// Binds both versions. Before the server starts.
  Result<void> add_to(server::Server& server);

 private:
  class Handlers;
  std::unique_ptr<Handlers> handlers_;
};

}  // namespace hawser::services
