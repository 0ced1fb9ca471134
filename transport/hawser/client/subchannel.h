// One place of a channel's pool: at most one connection that takes calls, and those before it that still
// finish theirs (gRPC doc/connectivity-semantics-and-api.md).
//
//   kIdle --connect()--> kConnecting --SETTINGS came--> kReady
//     ^                      |                             |
//     |                      | refused, lost, timeout      | GOAWAY, connection lost
//     |                      v                             |
//     +---backoff is over-- kTransientFailure              |
//     +----------------------------------------------------+
//
// A connection that is lost soon after SETTINGS, without having taken one call, counts as a failed
// attempt: a server that only greets would else be called on without end (CONFORMANCE S-28).
//
// Threads: the loop's.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/log.h"
#include "hawser/client/backoff.h"
#include "hawser/client/channel_options.h"
#include "hawser/client/client_protocol.h"
#include "hawser/event/timer.h"
#include "hawser/io/connection.h"
#include "hawser/io/connector.h"
#include "hawser/net/socket_address.h"

namespace hawser::event {
class Loop;
}

namespace hawser::client {

/// What all subchannels of a channel share. Read only, outlives them.
struct SubchannelConfig {
  std::vector<net::SocketAddress> addresses;
  ChannelOptions options;
  ProtocolConfig protocol;
};

class Subchannel final : private ClientProtocol::Owner {
 public:
  enum class State { kIdle, kConnecting, kReady, kTransientFailure };

  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_state_changed(Subchannel& subchannel) = 0;
    virtual void on_call_done(Call& call) = 0;
    virtual void on_call_returned(Call& call) = 0;
    /// What its connections are kept alive with. Twice as slow from now on (P-86).
    virtual const KeepaliveOptions& keepalive() const = 0;
    virtual void slow_keepalive_down() = 0;
  };

  Subchannel(event::Loop& loop, http2::MemoryPool& memory, const SubchannelConfig& config, Owner& owner,
             std::uint32_t seed);
  ~Subchannel() override;

  State state() const { return state_; }
  /// Why it is in kTransientFailure.
  const Error& last_error() const { return last_error_; }
  /// Calls of the connection in kReady.
  std::size_t load() const { return protocol_->load(); }

  /// Precondition: kIdle.
  void connect();
  /// Precondition: kReady.
  void start(Call& call) { protocol_->start(call); }
  /// Ends every call and connection; none is made any more.
  void shut_down(const grpc::Status& status);

 private:
  struct Link {
    std::unique_ptr<io::Connection> connection;  // owns the protocol
    ClientProtocol* protocol;
  };

  // ClientProtocol::Owner
  void on_ready(ClientProtocol& protocol) override;
  void on_closing(ClientProtocol& protocol, const Error& reason) override;
  void on_call_done(Call& call) override { owner_.on_call_done(call); }
  void on_call_returned(Call& call) override { owner_.on_call_returned(call); }

  void on_connected(Result<io::Connected> result);
  Result<void> adopt(io::Connected connected);
  void on_connection_closed(io::Connection& connection);
  void on_backoff_over();
  void attempt_failed(Error error);
  void enter(State state);
  void log(log::Level level, std::string_view message, std::string_view detail);

  event::Loop& loop_;
  http2::MemoryPool& memory_;
  const SubchannelConfig& config_;
  Owner& owner_;
  State state_ = State::kIdle;
  bool shut_down_ = false;
  Backoff backoff_;
  Instant attempt_deadline_{};
  Instant next_attempt_{};
  Instant ready_since_{};
  Error last_error_;
  io::Connector connector_;
  event::Timer backoff_timer_;
  ClientProtocol* protocol_ = nullptr;  // of the connection that takes calls, or will
  std::vector<Link> links_;             // that one, and those that finish their calls
};

}  // namespace hawser::client
