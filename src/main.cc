// hawser-server: wires the services to the transport and runs until SIGTERM or SIGINT.
#include <sys/stat.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hawser/base/descriptor_limit.h"
#include "hawser/base/heap.h"
#include "hawser/binding/service_binding.h"
#include "hawser/net/inherited.h"
#include "hawser/server/run_until_signal.h"
#include "hawser/server/server.h"
#include "hawser/services/health.h"
#include "hawser/services/reflection.h"
#include "hawser/tls/tls_context.h"
#include "src/config/server_config.h"
#include "src/echo/echo_handler.h"
#include "src/logging/spdlog_sink.h"
#include "src/program/server_part.h"

namespace hawser {
namespace {

constexpr int kExitUsage = 2;
// For large messages: some of them, or many of 1 MiB.
constexpr std::size_t kKeptMemory = 32 * 1024 * 1024;

using Parts = std::vector<std::unique_ptr<ServerPart>>;

int complain(const Error& error, int code = kExitUsage) {
  std::cerr << "hawser-server: " << error.detail << '\n';
  return code;
}

Result<tools::Flags> parse_flags(std::span<const char* const> args, const Parts& parts) {
  std::vector<tools::FlagSpec> specs = server_flags();
  for (const auto& part : parts) {
    const std::vector<tools::FlagSpec> more = part->flags();
    specs.insert(specs.end(), more.begin(), more.end());
  }
  return tools::Flags::parse(
      "hawser-server", "Serves Echo and the signing service over HTTP/2 on TCP, UNIX and VSOCK sockets.",
      specs, args);
}

Result<ServerConfig> read_flags(const tools::Flags& flags, const Parts& parts) {
  auto config = read_server_flags(flags);
  if (!config) return config;
  for (const auto& part : parts) {
    if (auto read = part->read(flags); !read) return tl::unexpected<Error>(std::move(read.error()));
  }
  return config;
}

// Everything that the program listens on, and what to print of it once the server serves.
class Listeners final {
 public:
  Listeners(server::Server& server, const ServerConfig& config, const tls::TlsContext* tls, log::Sink& log)
      : server_(server), config_(config), tls_(tls), log_(log) {}

  /// Opens all, and gives what to print of them.
  Result<std::string> open(std::vector<net::InheritedSocket> inherited) {
    const bool has_inherited = !inherited.empty();
    for (net::InheritedSocket& socket : inherited) {
      const auto bound = server_.listen(std::move(socket.fd), {.tls = tls_});
      if (!bound) return tl::unexpected<Error>(bound.error());
      add(*bound);
    }
    for (const net::Address& address : config_.listen) {
      if (auto opened = open_one(address); !opened) return tl::unexpected<Error>(std::move(opened.error()));
    }
    for (const net::Address& address : config_.listen_optional) {
      if (const auto opened = open_one(address); !opened) {
        last_error_ = opened.error();
        log_.write(log::Level::kWarning, "an address of --listen-optional is left out",
                   {{"address", address.text()}, {"why", opened.error().detail}});
      }
    }
    if (!has_inherited && config_.listen.empty() && config_.listen_optional.empty()) {
      const auto fallback = net::Address::parse(kDefaultListen);
      if (auto opened = open_one(*fallback); !opened) return tl::unexpected<Error>(std::move(opened.error()));
    }
    if (lines_.empty()) return tl::unexpected<Error>(last_error_);
    return lines_;
  }
  /// TCP's and VSOCK's that open() bound.
  std::span<const std::uint32_t> ports() const { return ports_; }

 private:
  void add(const net::SocketAddress& bound) {
    lines_ += "listening on " + bound.to_string() + '\n';
    if (bound.port() != 0) ports_.push_back(bound.port());
  }

  Result<void> open_one(const net::Address& address) {
    // The umask, which hardening makes strict, would take from the mode that was asked for.
    const mode_t before = ::umask(~config_.socket_mode & 0777);
    auto bound = server_.listen(address, {.socket_file_mode = config_.socket_mode, .tls = tls_});
    ::umask(before);
    if (!bound) return tl::unexpected<Error>(std::move(bound.error()));
    for (const net::SocketAddress& one : *bound) add(one);
    return {};
  }

  server::Server& server_;
  const ServerConfig& config_;
  const tls::TlsContext* const tls_;
  log::Sink& log_;
  std::string lines_;
  std::vector<std::uint32_t> ports_;
  Error last_error_;
};

/// Before the server goes: parts have threads that outlive it.
struct LeaveServer {
  const Parts& parts;
  ~LeaveServer() {
    for (const auto& part : parts) part->leave_server();
  }
};

Result<void> serve(const ServerConfig& config, std::vector<net::InheritedSocket> inherited,
                   const Parts& parts, services::HealthService& health, log::Sink& log) {
  std::unique_ptr<tls::TlsContext> tls;  // null in clear; outlives the server
  if (config.tls) {
    auto made = tls::TlsContext::server(*config.tls);
    if (!made) return tl::unexpected<Error>(std::move(made.error()));
    tls = std::move(*made);
  }
  server::ServerOptions options = config.options;
  options.log = &log;
  auto server = server::Server::create(options);
  if (!server) return tl::unexpected<Error>(std::move(server.error()));
  const LeaveServer leave{parts};

  echo_service::EchoHandler echo_handler;
  binding::ServiceBinding<::echo::EchoService, echo_service::EchoHandler> echo(echo_handler);
  echo.unary("Echo", &echo_service::EchoHandler::Echo);
  if (auto added = echo.add_to(**server); !added) return added;
  for (const auto& part : parts) {
    if (auto added = part->add_to(**server); !added) return added;
  }
  services::ReflectionService reflection(**server);
  if (config.health) {
    health.set(::echo::EchoService::service_full_name(), services::HealthService::Status::kServing);
    if (auto added = health.add_to(**server); !added) return added;
  }
  if (config.reflection) {
    if (auto added = reflection.add_to(**server); !added) return added;
  }

  Listeners listeners(**server, config, tls.get(), log);
  auto listening = listeners.open(std::move(inherited));
  if (!listening) return tl::unexpected<Error>(std::move(listening.error()));
  std::vector<server::Server*> servers = {server->get()};
  for (const auto& part : parts) {
    const auto more = part->extra_servers(*listening);
    if (!more) return tl::unexpected<Error>(more.error());
    servers.insert(servers.end(), more->begin(), more->end());
  }
  for (const auto& part : parts) {
    if (auto started = part->start(listeners.ports()); !started) return started;
  }
  server::RunOptions run_options;
  run_options.started = [&] { std::cout << *listening << std::flush; };
  run_options.stopping = [&] { health.shut_down(); };
  run_options.log = &log;
  return server::run_until_signal(servers, run_options);
}

int run(const ServerConfig& config, const Parts& parts) {
  // While there is one thread, and before another descriptor could take the place of one that is missing.
  auto inherited = net::take_inherited_sockets();
  if (!inherited) return complain(inherited.error());
  raise_descriptor_limit();
  const auto log = logging::make_spdlog_sink(config.log_level);
  // Parts start threads, which must not get the signals that are for the end.
  if (auto blocked = server::block_stop_signals(); !blocked) return complain(blocked.error());
  services::HealthService health;
  int code = 0;
  std::size_t prepared = 0;
  for (; prepared < parts.size() && code == 0; ++prepared) {
    const auto done = parts[prepared]->prepare(*log, health);
    if (!done) code = complain(done.error(), parts[prepared]->exit_code_of(done.error()));
  }
  if (code == 0) {
    if (auto served = serve(config, std::move(*inherited), parts, health, *log); !served)
      code = complain(served.error());
  }
  // Their threads use the health service.
  for (std::size_t i = 0; i < prepared; ++i) parts[i]->stop();
  return code;
}

}  // namespace
}  // namespace hawser

int main(int argc, char** argv) {
  hawser::keep_freed_memory(hawser::kKeptMemory);
  const hawser::Parts parts = hawser::make_server_parts();
  const auto flags =
      hawser::parse_flags({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)}, parts);
  if (flags && !flags->text_to_print().empty()) {
    std::cout << flags->text_to_print();
    return 0;
  }
  const auto config = flags.and_then([&](const auto& given) { return hawser::read_flags(given, parts); });
  if (!config) {
    const int code = hawser::complain(config.error());
    std::cerr << "Try hawser-server --help.\n";
    return code;
  }
  return hawser::run(*config, parts);
}
