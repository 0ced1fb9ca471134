// One place of a channel's pool: at most one connection that takes calls, and those before it that still
// finish theirs (gRPC doc/connectivity-semantics-and-api.md, P-94).
//
//   kIdle --connect()--> kConnecting --SETTINGS came--> kReady
//     ^                      |                             |
//     |                      | all addresses failed        | GOAWAY, connection lost
//     |                      v                             |
//     +---backoff is over-- kTransientFailure              |
//     +----------------------------------------------------+
//
// Connecting tries the addresses in order. The next one begins when one fails, or 250 ms after it began
// ("Happy Eyeballs", RFC 8305, P-99); the first whose server sends SETTINGS wins, the others are dropped. A
// server that accepts and is silent so holds up nobody.
//
// With ChannelOptions::return_interval a connection to any but the first address looks for those before it
// from time to time; when one of them answers, new calls go there and the old connection finishes its calls.
//
// With health checking the state that others see is kReady only while the server says that it serves
// (HealthWatch, P-114): it is kConnecting until the first answer, and kTransientFailure while the server
// says otherwise. Calls that it has already run on.
//
// A connection that is lost soon after SETTINGS, without having taken one call, counts as a failed
// attempt: a server that only greets would else be called on without end (CONFORMANCE S-28).
//
// Threads: the loop's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/log.h"
#include "hawser/base/unique_fd.h"
#include "hawser/client/backoff.h"
#include "hawser/client/channel_options.h"
#include "hawser/client/client_protocol.h"
#include "hawser/client/connection_attempt.h"
#include "hawser/client/health_watch.h"
#include "hawser/event/timer.h"
#include "hawser/event/turn_hook.h"
#include "hawser/io/connection.h"
#include "hawser/net/socket_address.h"

namespace hawser::event {
class Loop;
}

namespace hawser::client {

/// What all subchannels of a channel share. Read only, outlives them.
struct SubchannelConfig {
  ChannelOptions options;
  ProtocolConfig protocol;
  std::string tls_server_name;                ///< What certificates of servers have to be for, with TLS.
  std::optional<std::string> health_service;  ///< What to ask servers about; nullopt: nothing.
  std::unique_ptr<UniqueFd>
      given_socket;  ///< Connected, for the first connection. Null: addresses are called.
};

class Subchannel final : private ClientProtocol::Owner, private ConnectionAttempt::Owner {
 public:
  enum class State { kIdle, kConnecting, kReady, kTransientFailure };
  using Addresses = std::vector<net::SocketAddress>;

  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_state_changed(Subchannel& subchannel) = 0;
    virtual void on_call_done(Call& call) = 0;
    virtual void on_call_returned(Call& call) = 0;
    /// What its connections are kept alive with. Twice as slow from now on (P-86).
    virtual const KeepaliveOptions& keepalive(net::Family family) const = 0;
    virtual void slow_keepalive_down() = 0;
  };

  /// `addresses` isn't empty.
  Subchannel(event::Loop& loop, http2::MemoryPool& memory, const SubchannelConfig& config, Owner& owner,
             Addresses addresses, std::uint32_t seed);
  ~Subchannel() override;

  State state() const { return told_; }
  /// Why it is in kTransientFailure, or was before it connects again; without text since it was in kReady.
  const Error& last_error() const { return last_error_; }
  /// Calls of the connection in kReady.
  std::size_t load() const { return protocol_->load(); }
  /// It is in kIdle because nobody used its connection (P-96).
  bool rests() const { return rests_; }
  const Addresses& addresses() const { return addresses_; }
  /// For the next connect(); what is connected stays.
  void set_addresses(Addresses addresses) { addresses_ = std::move(addresses); }

  /// Precondition: kIdle.
  void connect();
  /// Precondition: kReady.
  void start(Call& call) { protocol_->start(call); }
  /// Time went on without this machine, or its clock was set: connections are asked whether they are alive,
  /// and nothing rests for its failures of before (V-15).
  void on_clock_jump();
  /// Its address is no longer one: finishes what it has, and tells of no state any more. Calls that no stream
  /// was opened for come back.
  void retire();
  /// Retired, and nothing is left.
  bool is_gone() const { return retired_ && links_.empty(); }
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
  void on_call_done(Call& call) override {
    if (is_health_check(call)) return health_->on_call_over();
    owner_.on_call_done(call);
  }
  void on_call_returned(Call& call) override {
    if (is_health_check(call)) return health_->on_call_over();
    owner_.on_call_returned(call);
  }
  // ConnectionAttempt::Owner
  void on_attempt_connected(ConnectionAttempt& attempt, io::Connected connected) override;
  void on_attempt_failed(ConnectionAttempt& attempt, Error error) override;

  bool is_over() const { return retired_ || shut_down_; }
  void begin_attempts(Addresses candidates);
  void begin_next_attempt();
  void end_attempts();
  Result<ClientProtocol*> adopt(io::Connected connected);
  ConnectionAttempt* attempt_of(const ClientProtocol& protocol);
  void remove_attempt(ConnectionAttempt& attempt, Error error);
  void all_attempts_failed(Error error);
  void on_connection_closed(io::Connection& connection);
  void on_backoff_over();
  void look_for_preferred();
  void arm_return();
  bool is_health_check(const Call& call) const { return health_ != nullptr && health_->owns(call); }
  void on_health_changed();
  State state_with_health() const;
  void enter(State state);
  void log(log::Level level, std::string_view message, std::string_view detail);

  event::Loop& loop_;
  http2::MemoryPool& memory_;
  const SubchannelConfig& config_;
  Owner& owner_;
  Addresses addresses_;
  State state_ = State::kIdle;  // of the connection
  State told_ = State::kIdle;   // with its server's health
  bool shut_down_ = false;
  bool retired_ = false;
  bool rests_ = false;
  Backoff backoff_;
  Instant attempt_deadline_{};
  Instant next_attempt_{};
  Instant ready_since_{};
  Error last_error_;

  // Under way: for a connection in kConnecting, for a better one in kReady.
  std::vector<std::unique_ptr<ConnectionAttempt>> attempts_;
  Addresses candidates_;  // what is being tried, or was
  std::size_t next_candidate_ = 0;
  event::Timer next_address_timer_;

  net::SocketAddress connected_to_;
  bool prefers_others_ = false;  // it wasn't the first candidate
  event::Timer backoff_timer_;
  event::Timer return_timer_;
  std::unique_ptr<HealthWatch> health_;  // null: servers aren't asked
  ClientProtocol* protocol_ = nullptr;   // of the connection that takes calls
  std::vector<Link> links_;              // that one, those that finish their calls, those of attempts
};

}  // namespace hawser::client
