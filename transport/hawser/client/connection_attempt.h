// One address being tried: connecting, then waiting for the server's SETTINGS.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/io/connector.h"
#include "hawser/net/socket_address.h"

namespace hawser::client {

class ClientProtocol;

class ConnectionAttempt final {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// One of them follows start(). It may destroy the attempt.
    virtual void on_attempt_connected(ConnectionAttempt& attempt, io::Connected connected) = 0;
    virtual void on_attempt_failed(ConnectionAttempt& attempt, Error error) = 0;
  };

  ConnectionAttempt(event::Loop& loop, Owner& owner, std::size_t index, const net::VsockOptions& vsock)
      : owner_(owner),
        index_(index),
        connector_(loop, io::Connector::Done::bind<&ConnectionAttempt::on_connected>(*this), vsock) {}

  /// Either of them, once; one of Owner's follows, never from inside it.
  void start(const net::SocketAddress& address, Instant deadline) {
    connector_.start({address}, deadline, Duration::max());
  }
  /// With a socket that is connected, or not open when it has been used.
  void start_given(UniqueFd socket, const net::SocketAddress& peer) {
    connector_.start_given(std::move(socket), peer);
  }

  /// Of the address in its list.
  std::size_t index() const { return index_; }
  /// Set once it is connected and waits for SETTINGS. Not owned.
  ClientProtocol* protocol() const { return protocol_; }
  void set_protocol(ClientProtocol* protocol) { protocol_ = protocol; }

 private:
  void on_connected(Result<io::Connected> result) {
    if (result) {
      owner_.on_attempt_connected(*this, std::move(*result));
    } else {
      owner_.on_attempt_failed(*this, std::move(result.error()));
    }
  }

  Owner& owner_;
  const std::size_t index_;
  ClientProtocol* protocol_ = nullptr;
  io::Connector connector_;
};

}  // namespace hawser::client
