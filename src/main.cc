// hawser-server: wires the services to the transport and runs until SIGTERM or SIGINT.
#include <iostream>
#include <string>

#include "hawser/binding/service_binding.h"
#include "hawser/server/run_until_signal.h"
#include "hawser/server/server.h"
#include "hawser/services/health.h"
#include "hawser/services/reflection.h"
#include "src/config/server_config.h"
#include "src/echo/echo_handler.h"
#include "src/logging/spdlog_sink.h"

namespace hawser {
namespace {

constexpr int kExitUsage = 2;

int complain(const Error& error) {
  std::cerr << "hawser-server: " << error.detail << '\n';
  return kExitUsage;
}

// Gives what to print once the server serves.
Result<std::string> listen_on_all(server::Server& server, const ServerConfig& config) {
  std::string lines;
  for (const net::Address& address : config.listen) {
    auto bound = server.listen(address);
    if (!bound) return tl::unexpected<Error>(std::move(bound.error()));
    for (const net::SocketAddress& one : *bound) lines += "listening on " + one.to_string() + '\n';
  }
  return lines;
}

Result<void> serve(const ServerConfig& config, log::Sink& log) {
  server::ServerOptions options = config.options;
  options.log = &log;
  auto server = server::Server::create(options);
  if (!server) return tl::unexpected<Error>(std::move(server.error()));

  echo_service::EchoHandler echo_handler;
  binding::ServiceBinding<::echo::EchoService, echo_service::EchoHandler> echo(echo_handler);
  echo.unary("Echo", &echo_service::EchoHandler::Echo);
  if (auto added = echo.add_to(**server); !added) return added;

  services::HealthService health;
  services::ReflectionService reflection(**server);
  if (config.health) {
    health.set(::echo::EchoService::service_full_name(), services::HealthService::Status::kServing);
    if (auto added = health.add_to(**server); !added) return added;
  }
  if (config.reflection) {
    if (auto added = reflection.add_to(**server); !added) return added;
  }

  const auto listening = listen_on_all(**server, config);
  if (!listening) return tl::unexpected<Error>(listening.error());
  server::RunOptions run_options;
  run_options.started = [&] { std::cout << *listening << std::flush; };
  run_options.stopping = [&] { health.shut_down(); };
  run_options.log = &log;
  return server::run_until_signal(**server, run_options);
}

}  // namespace
}  // namespace hawser

int main(int argc, char** argv) {
  const auto config =
      hawser::parse_server_config({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  if (!config) {
    const int code = hawser::complain(config.error());
    std::cerr << "Try hawser-server --help.\n";
    return code;
  }
  if (!config->text.empty()) {
    std::cout << config->text;
    return 0;
  }
  const auto log = hawser::logging::make_spdlog_sink(config->log_level);
  const auto served = hawser::serve(*config, *log);
  return served ? 0 : hawser::complain(served.error());
}
