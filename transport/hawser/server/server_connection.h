// One connection of a worker: the pump of its socket, and the protocol in it. With TLS there is none until
// the handshake is over and says who the peer is.
//
// Threads: the worker's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hawser/base/delegate.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/io/connection.h"
#include "hawser/net/socket.h"
#include "hawser/server/peer.h"
#include "hawser/server/server_protocol.h"
#include "hawser/tls/tls_protocol.h"

namespace hawser::server {

/// A connection that was accepted and belongs to nobody yet.
struct NewConnection {
  net::Accepted accepted;
  Peer peer;
  const tls::TlsContext* tls = nullptr;  ///< ListenOptions::tls.
};

class ServerConnection final : public ListLink, private tls::TlsProtocol::Acceptor {
 public:
  /// Called once, in the reap step of the turn in which the connection closed: destroy it here.
  using Closed = Delegate<void(ServerConnection&)>;

  /// Reading begins. What `resources` names outlives it. Fails for lack of memory or descriptors; then
  /// `closed` isn't called.
  static Result<std::unique_ptr<ServerConnection>> open(event::Loop& loop, const WorkerResources& resources,
                                                        NewConnection incoming, Closed closed);
  ~ServerConnection() override = default;

  /// Graceful end; at once while there is no protocol that could have a call.
  void shut_down(Instant now);
  void abort(const Error& reason) { connection_->abort(reason); }
  /// Called at intervals: when no byte has passed since the last call, what is kept for traffic alone goes
  /// back to the loop or the kernel (io::Connection::give_memory_back).
  void look_for_quiet();
  const std::string& limit_key() const { return limit_key_; }

 private:
  ServerConnection(const WorkerResources& resources, Peer peer, Instant accepted_at, Closed closed);
  Result<void> start(event::Loop& loop, net::Accepted accepted, const tls::TlsContext* tls);
  Result<std::unique_ptr<io::Protocol>> make_protocol();
  void on_closed(io::Connection&) { closed_(*this); }

  // tls::TlsProtocol::Acceptor
  std::unique_ptr<io::Protocol> on_handshake_done(tls::PeerCertificate certificate) override;
  void on_handshake_failed(const Error& why) override;

  const WorkerResources& resources_;
  Peer peer_;  // given to the protocol
  const std::string limit_key_;
  const Instant accepted_at_;
  Closed closed_;
  ServerProtocol* protocol_ = nullptr;  // in connection_; null during a TLS handshake
  std::unique_ptr<io::Connection> connection_;
  std::uint64_t bytes_seen_ = 0;  // in both directions, when look_for_quiet() was called last
  bool was_quiet_ = false;        // at that time no byte had passed since the time before
};

}  // namespace hawser::server
