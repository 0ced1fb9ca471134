#include "hawser/server/server_connection.h"

#include <utility>

#include "hawser/event/loop.h"

namespace hawser::server {

Result<std::unique_ptr<ServerConnection>> ServerConnection::open(event::Loop& loop,
                                                                 const WorkerResources& resources,
                                                                 NewConnection incoming, Closed closed) {
  std::unique_ptr<ServerConnection> connection(
      new ServerConnection(resources, std::move(incoming.peer), loop.now(), closed));
  if (auto started = connection->start(loop, std::move(incoming.accepted), incoming.tls); !started) {
    return tl::unexpected<Error>(std::move(started.error()));
  }
  return connection;
}

ServerConnection::ServerConnection(const WorkerResources& resources, Peer peer, Instant accepted_at,
                                   Closed closed)
    : resources_(resources),
      peer_(std::move(peer)),
      limit_key_(peer_.limit_key),
      accepted_at_(accepted_at),
      closed_(closed) {}

Result<void> ServerConnection::start(event::Loop& loop, net::Accepted accepted, const tls::TlsContext* tls) {
  const ServerOptions& options = resources_.options;
  Result<std::unique_ptr<io::Protocol>> protocol;
  if (tls == nullptr) {
    protocol = make_protocol();
  } else {
    peer_.is_tls = true;
    protocol =
        tls::TlsProtocol::accept(*tls, *this, saturating_add(accepted_at_, options.limits.handshake_timeout));
  }
  if (!protocol) return tl::unexpected<Error>(std::move(protocol.error()));
  const net::Family family = accepted.peer.family();
  if (family == net::Family::kTcp && options.keepalive_time != Duration::max()) {
    net::set_user_timeout(accepted.fd.get(), options.keepalive_timeout);  // P-93
  }
  connection_ = std::make_unique<io::Connection>(
      loop, std::move(accepted.fd), family, std::move(*protocol),
      io::ConnectionOptions{options.write_timeout, options.vsock_socket.send_bytes},
      io::Connection::Closed::bind<&ServerConnection::on_closed>(*this));
  return connection_->start();
}

// From the time that it was accepted: the handshake of TLS and that of HTTP/2 share one timeout (S-22).
Result<std::unique_ptr<io::Protocol>> ServerConnection::make_protocol() {
  auto protocol = ServerProtocol::create(resources_, std::move(peer_), accepted_at_);
  if (!protocol) return tl::unexpected<Error>(std::move(protocol.error()));
  protocol_ = protocol->get();
  return protocol;
}

std::unique_ptr<io::Protocol> ServerConnection::on_handshake_done(tls::PeerCertificate certificate) {
  peer_.tls_identity = certificate.identity();
  peer_.certificate = std::move(certificate);
  auto protocol = make_protocol();
  return protocol ? std::move(*protocol) : nullptr;
}

void ServerConnection::on_handshake_failed(const Error& why) {
  // Who connects and goes again is no news: that is how ports are watched.
  const log::Level level = why.code == 0 ? log::Level::kDebug : log::Level::kInfo;
  log::Sink& log = *resources_.options.log;
  if (!log.enabled(level)) return;
  log.write(level, "connection ended before it was secure", {{"peer", peer_.uri}, {"why", why.detail}});
}

void ServerConnection::look_for_quiet() {
  const std::uint64_t bytes = connection_->bytes_received() + connection_->bytes_sent();
  const bool is_quiet = std::exchange(bytes_seen_, bytes) == bytes;
  if (!std::exchange(was_quiet_, is_quiet) && is_quiet) connection_->give_memory_back();
}

void ServerConnection::shut_down(Instant now) {
  if (protocol_ != nullptr) return protocol_->shutdown(now);
  abort(Error{ErrorScope::kIo, 0, "server shut down"});
}

}  // namespace hawser::server
