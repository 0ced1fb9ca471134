#include "hawser/server/server.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <thread>
#include <utility>

#include "hawser/base/unique_fd.h"
#include "hawser/io/listener.h"
#include "hawser/server/worker.h"

namespace hawser::server {
namespace {

std::size_t worker_count(const ServerOptions& options) {
  if (options.workers > 0) return options.workers;
  return std::max(1U, std::thread::hardware_concurrency());
}

// The machine lacks this address or family: no reason to refuse the others of a name.
bool is_absent(const Error& error) { return error.code == EADDRNOTAVAIL || error.code == EAFNOSUPPORT; }

Peer peer_from(const net::Accepted& accepted) {
  const net::SocketAddress& address = accepted.peer;
  Peer peer;
  peer.uri = address.to_uri();
  if (address.family() != net::Family::kUnix) peer.limit_key = address.peer_key();
  peer.unix_uid = net::peer_uid(accepted.fd.get(), address.family());
  peer.vsock_cid = address.vsock_cid();
  return peer;
}

}  // namespace

class Server::Door final {
 public:
  Door(Server& server, UniqueFd fd, std::uint32_t port, const tls::TlsContext* tls)
      : server_(server), fd_(std::move(fd)), port_(port), tls_(tls) {}

  /// 0: none.
  std::uint32_t port() const { return port_; }
  const tls::TlsContext* tls() const { return tls_; }
  /// Accepts from now on. Once.
  Result<void> open(event::Loop& loop) {
    listener_ = std::make_unique<io::Listener>(
        loop, std::move(fd_), io::Listener::Accepted::bind<&Door::on_accepted>(*this), *server_.options_.log);
    return listener_->start();
  }
  void close() {
    fd_.reset();
    if (listener_ != nullptr) listener_->close();
  }

 private:
  void on_accepted(net::Accepted&& accepted) { server_.on_accepted(std::move(accepted), *this); }

  Server& server_;
  UniqueFd fd_;  // until open()
  const std::uint32_t port_;
  const tls::TlsContext* const tls_;
  std::unique_ptr<io::Listener> listener_;
};

Result<std::unique_ptr<Server>> Server::create(const ServerOptions& options) {
  std::unique_ptr<Server> server(new Server(options));
  auto config = http2::SessionConfig::create(http2::Role::kServer, server->options_.limits);
  if (!config) return tl::unexpected<Error>(std::move(config.error()));
  server->session_config_ = std::move(*config);
  return server;
}

Server::Server(const ServerOptions& options)
    : options_(options), limiter_(options.max_connections, options.max_connections_per_peer) {}

Server::~Server() {
  if (!workers_.empty()) {
    shutdown(Duration::zero());
    wait();
  }
  close_listeners();
}

Result<void> Server::add(std::unique_ptr<Method> method) { return router_.add(std::move(method)); }

Result<std::vector<net::SocketAddress>> Server::listen(const net::Address& address,
                                                       const ListenOptions& options) {
  auto candidates = address.resolve();
  if (!candidates) return tl::unexpected<Error>(std::move(candidates.error()));
  std::vector<net::SocketAddress> listening;
  Error last_error;
  for (const net::SocketAddress& candidate : *candidates) {
    // One wildcard socket takes IPv6 and IPv4; a second would find the port taken.
    if (!listening.empty() && candidate.is_wildcard()) break;
    auto bound = bind(candidate, options);
    if (!bound) {
      last_error = std::move(bound.error());
      if (!is_absent(last_error)) return tl::unexpected<Error>(std::move(last_error));
      continue;
    }
    listening.push_back(*bound);
  }
  if (listening.empty()) return tl::unexpected<Error>(std::move(last_error));
  return listening;
}

Result<net::SocketAddress> Server::bind(const net::SocketAddress& address, const ListenOptions& options) {
  net::ListenOptions socket_options;
  socket_options.socket_file_mode = options.socket_file_mode;
  socket_options.vsock = options_.vsock_socket;
  auto fd = net::listen(address, socket_options);
  if (!fd) return tl::unexpected<Error>(std::move(fd.error()));
  const std::string file = address.socket_file();
  if (!file.empty()) socket_files_.push_back(file);
  auto local = net::local_address(fd->get());
  if (!local) return tl::unexpected<Error>(std::move(local.error()));
  doors_.push_back(std::make_unique<Door>(*this, std::move(*fd), local->port(), options.tls));
  return *local;
}

Result<void> Server::start() {
  const Worker::Shared shared{router_, options_, *session_config_, limiter_};
  const std::size_t count = worker_count(options_);
  router_.prepare(count);
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < count; ++i) {
    auto worker = Worker::create(shared, i);
    if (!worker) return tl::unexpected<Error>(std::move(worker.error()));
    workers.push_back(std::move(*worker));
  }
  for (const auto& door : doors_) {
    if (auto opened = door->open(workers.front()->loop()); !opened) {
      doors_.clear();  // before the loop they are on
      return tl::unexpected<Error>(std::move(opened.error()));
    }
  }
  workers_ = std::move(workers);
  for (const auto& worker : workers_) worker->run_on_new_thread();
  return {};
}

void Server::on_accepted(net::Accepted&& accepted, const Door& door) {
  Peer peer = peer_from(accepted);
  peer.listener_port = door.port();
  if (!limiter_.open(peer.limit_key)) {
    options_.log->write(log::Level::kWarning, "connection refused: too many are open", {{"peer", peer.uri}});
    return;  // closes it
  }
  Worker& worker = *workers_[next_worker_++ % workers_.size()];
  worker.adopt({std::move(accepted), std::move(peer), door.tls()});
}

void Server::close_listeners() {
  for (const auto& door : doors_) door->close();
  for (const std::string& file : socket_files_) std::remove(file.c_str());
  socket_files_.clear();
}

void Server::shutdown(Duration grace) {
  if (workers_.empty()) return;
  // By way of the acceptors' loop: what they have handed out is in the queue of its worker before the word to
  // drain, so no connection meets a worker that has ended already.
  workers_.front()->loop().post([this, grace] {
    close_listeners();
    listeners_closed_.store(true);
    drain_workers(grace);
  });
  // That loop may have ended by an earlier call; then its listeners are closed too.
  if (listeners_closed_.load()) drain_workers(grace);
}

void Server::drain_workers(Duration grace) {
  for (const auto& worker : workers_) worker->drain(grace);
}

void Server::wait() {
  for (const auto& worker : workers_) worker->join();
}

}  // namespace hawser::server
