#include "hawser/server/server.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <thread>
#include <utility>

#include "hawser/base/unique_fd.h"
#include "hawser/io/listener.h"
#include "hawser/net/inherited.h"
#include "hawser/server/worker.h"

namespace hawser::server {
namespace {

std::size_t worker_count(const ServerOptions& options) {
  if (options.workers > 0) return options.workers;
  return std::max(1U, std::thread::hardware_concurrency());
}

// The machine lacks this address or family: no reason to refuse the others of a name.
bool is_absent(const Error& error) { return error.code == EADDRNOTAVAIL || error.code == EAFNOSUPPORT; }

/// What listening on it makes in the file system, or "".
std::string file_of(const net::SocketAddress& address) {
  const auto of_guest = address.hybrid_port() ? address.guest_listener() : std::nullopt;
  return of_guest ? of_guest->socket_file() : address.socket_file();
}

Peer peer_from(const net::Accepted& accepted) {
  // Of hybrid VSOCK the socket's peer is the monitor, whose user says nothing of who is in the guest.
  const net::SocketAddress& address = accepted.peer;
  Peer peer;
  peer.family = address.family();
  peer.uri = address.to_uri();
  if (address.family() != net::Family::kUnix) peer.limit_key = address.peer_key();
  peer.unix_uid = net::peer_uid(accepted.fd.get(), address.family());
  peer.vsock_cid = address.vsock_cid();
  if (peer.vsock_cid) peer.vsock_port = address.port();
  return peer;
}

}  // namespace

class Server::Door final {
 public:
  /// `address` as it is listened on: with its port.
  Door(Server& server, UniqueFd fd, const net::SocketAddress& address, const tls::TlsContext* tls)
      : server_(server), fd_(std::move(fd)), address_(address), tls_(tls) {}

  /// 0: none.
  std::uint32_t port() const { return address_.port(); }
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
  void on_accepted(net::Accepted&& accepted) {
    // All that is known of a hybrid VSOCK's guest is its monitor's socket.
    if (address_.hybrid_port()) accepted.peer = address_;
    server_.on_accepted(std::move(accepted), *this);
  }

  Server& server_;
  UniqueFd fd_;  // until open()
  const net::SocketAddress address_;
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
    : options_(options),
      limiter_(options.max_connections, options.max_connections_per_peer),
      cid_gate_(options.vsock_allow_cids),
      wrong_cid_log_(*options.log, "connection refused: its CID is not one of those allowed"),
      too_many_log_(*options.log, "connection refused: too many are open") {}

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
  const std::string file = file_of(address);
  if (!file.empty()) socket_files_.push_back(file);
  auto local = address.hybrid_port() ? address : net::local_address(fd->get());
  if (!local) return tl::unexpected<Error>(std::move(local.error()));
  doors_.push_back(std::make_unique<Door>(*this, std::move(*fd), *local, options.tls));
  return *local;
}

Result<net::SocketAddress> Server::listen(UniqueFd fd, const ListenOptions& options) {
  Result<net::InheritedSocket> socket = net::check_listening(std::move(fd));
  if (!socket) return tl::unexpected<Error>(std::move(socket.error()));
  doors_.push_back(std::make_unique<Door>(*this, std::move(socket->fd), socket->address, options.tls));
  return socket->address;
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
  const Instant now = workers_.front()->loop().now();
  if (!cid_gate_.let_in(peer)) {
    wrong_cid_log_.turned_away(peer.uri, now);
    return;  // closes it
  }
  if (!limiter_.open(peer.limit_key)) {
    too_many_log_.turned_away(peer.uri, now);
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
