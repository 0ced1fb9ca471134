// grpc.health.v1.Health: Check, Watch and List over a registry of names (gRPC doc/health-checking.md).
//
//   services::HealthService health;
//   health.set("echo.EchoService", services::HealthService::Status::kServing);
//   health.add_to(server);
//
// The empty name is the server as a whole; it is registered from the start, as serving. A watcher gets the
// status at once and then each change; changes that come while it doesn't read become one (P-112).
//
// Threads: any. Outlives the server.
#pragma once

#include <memory>
#include <string_view>

#include "hawser/base/result.h"

namespace hawser::server {
class Server;
}

namespace hawser::services {

class HealthService final {
 public:
  enum class Status { kServing, kNotServing };

  /// More names than this can be registered, but List answers RESOURCE_EXHAUSTED then (gRPC proposal A90).
  static constexpr std::size_t kMostListed = 100;

  HealthService();
  ~HealthService();
  HealthService(const HealthService&) = delete;
  HealthService& operator=(const HealthService&) = delete;

  /// Binds the methods. Before the server starts.
  Result<void> add_to(server::Server& server);

  /// Registers the name, or changes its status. No effect after shut_down().
  void set(std::string_view service, Status status);
  /// Watchers of the name get SERVICE_UNKNOWN.
  void remove(std::string_view service);
  /// Every name is not serving from now on: call it when a graceful end begins.
  void shut_down();

 private:
  class Registry;
  class Handler;

  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Handler> handler_;
};

}  // namespace hawser::services
