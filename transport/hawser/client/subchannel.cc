#include "hawser/client/subchannel.h"

#include <algorithm>
#include <utility>

#include "hawser/event/loop.h"
#include "hawser/tls/tls_protocol.h"

namespace hawser::client {
namespace {

const BackoffOptions& backoff_for(const ChannelOptions& options, const Subchannel::Addresses& addresses) {
  const auto over_vsock = [](const net::SocketAddress& address) { return net::is_vsock(address.family()); };
  return std::all_of(addresses.begin(), addresses.end(), over_vsock) ? options.vsock_backoff
                                                                     : options.backoff;
}

Error dropped(std::string detail) { return Error{ErrorScope::kIo, 0, std::move(detail)}; }

}  // namespace

Subchannel::Subchannel(event::Loop& loop, http2::MemoryPool& memory, const SubchannelConfig& config,
                       Owner& owner, Addresses addresses, std::uint32_t seed)
    : loop_(loop),
      memory_(memory),
      config_(config),
      owner_(owner),
      addresses_(std::move(addresses)),
      backoff_(backoff_for(config.options, addresses_), seed),
      next_address_timer_(loop, event::Timer::Callback::bind<&Subchannel::begin_next_attempt>(*this)),
      backoff_timer_(loop, event::Timer::Callback::bind<&Subchannel::on_backoff_over>(*this)),
      return_timer_(loop, event::Timer::Callback::bind<&Subchannel::look_for_preferred>(*this)) {
  if (!config.health_service) return;
  health_ = std::make_unique<HealthWatch>(loop, *config.health_service, config.options.backoff, seed,
                                          Delegate<void()>::bind<&Subchannel::on_health_changed>(*this));
}

Subchannel::~Subchannel() {
  shut_down_ = true;
  links_.clear();  // here, while on_closing() can still be called
}

// --- connecting --------------------------------------------------------------------------------------------

void Subchannel::connect() {
  if (is_over()) return;
  rests_ = false;
  next_attempt_ = saturating_add(loop_.now(), backoff_.next());
  begin_attempts(addresses_);
  enter(State::kConnecting);
}

void Subchannel::begin_attempts(Addresses candidates) {
  attempt_deadline_ = saturating_add(loop_.now(), config_.options.connect_timeout);
  candidates_ = std::move(candidates);
  next_candidate_ = 0;
  begin_next_attempt();
}

void Subchannel::begin_next_attempt() {
  const std::size_t index = next_candidate_++;
  ConnectionAttempt::Owner& owner = *this;
  auto attempt = std::make_unique<ConnectionAttempt>(loop_, owner, index, config_.options.vsock_socket);
  if (config_.given_socket != nullptr) {
    attempt->start_given(std::move(*config_.given_socket), candidates_[index]);
  } else {
    attempt->start(candidates_[index], attempt_deadline_);
  }
  attempts_.push_back(std::move(attempt));
  if (next_candidate_ < candidates_.size()) {
    next_address_timer_.arm(saturating_add(loop_.now(), config_.options.next_address_delay));
  } else {
    next_address_timer_.disarm();
  }
}

void Subchannel::on_attempt_connected(ConnectionAttempt& attempt, io::Connected connected) {
  Result<ClientProtocol*> protocol = adopt(std::move(connected));
  if (!protocol) return remove_attempt(attempt, std::move(protocol.error()));
  attempt.set_protocol(*protocol);
}

void Subchannel::on_attempt_failed(ConnectionAttempt& attempt, Error error) {
  remove_attempt(attempt, std::move(error));
}

Result<ClientProtocol*> Subchannel::adopt(io::Connected connected) {
  const KeepaliveOptions& keepalive = owner_.keepalive(connected.peer.family());
  if (keepalive.time != Duration::max() && connected.peer.family() == net::Family::kTcp) {
    net::set_user_timeout(connected.fd.get(), keepalive.timeout);  // P-93
  }
  auto protocol = ClientProtocol::create(config_.protocol, *this, memory_, attempt_deadline_, keepalive);
  if (!protocol) return tl::unexpected<Error>(std::move(protocol.error()));
  ClientProtocol* const adopted = protocol->get();
  std::unique_ptr<io::Protocol> outermost = std::move(*protocol);
  if (config_.options.tls != nullptr) {
    auto wrapped = tls::TlsProtocol::connect(*config_.options.tls, config_.tls_server_name,
                                             std::move(outermost), attempt_deadline_);
    if (!wrapped) return tl::unexpected<Error>(std::move(wrapped.error()));
    outermost = std::move(*wrapped);
  }
  auto connection = std::make_unique<io::Connection>(
      loop_, std::move(connected.fd), connected.peer.family(), std::move(outermost),
      config_.options.connection, io::Connection::Closed::bind<&Subchannel::on_connection_closed>(*this));
  if (Result<void> started = connection->start(); !started) {
    return tl::unexpected<Error>(std::move(started.error()));
  }
  links_.push_back({std::move(connection), adopted});
  return adopted;
}

ConnectionAttempt* Subchannel::attempt_of(const ClientProtocol& protocol) {
  for (const auto& attempt : attempts_) {
    if (attempt->protocol() == &protocol) return attempt.get();
  }
  return nullptr;
}

void Subchannel::on_ready(ClientProtocol& protocol) {
  ConnectionAttempt* attempt = attempt_of(protocol);
  if (attempt == nullptr || is_over()) return;
  // In kReady only better ones were candidates.
  prefers_others_ = attempt->index() > 0;
  connected_to_ = candidates_[attempt->index()];
  ClientProtocol* const before = std::exchange(protocol_, &protocol);
  attempt->set_protocol(nullptr);
  end_attempts();
  backoff_.reset();
  last_error_ = {};
  ready_since_ = loop_.now();
  log(log::Level::kInfo, "connected", connected_to_.to_string());
  arm_return();
  if (health_ != nullptr) health_->start(protocol);
  enter(State::kReady);
  if (before != nullptr) before->retire(dropped("a preferred address is back"));
}

/// The attempts that have not won.
void Subchannel::end_attempts() {
  next_address_timer_.disarm();
  auto ended = std::exchange(attempts_, {});
  for (const auto& attempt : ended) {
    if (attempt->protocol() == nullptr) continue;
    const auto link = std::find_if(links_.begin(), links_.end(),
                                   [&](const Link& l) { return l.protocol == attempt->protocol(); });
    if (link != links_.end()) link->connection->abort(dropped("another address was quicker"));
  }
}

void Subchannel::remove_attempt(ConnectionAttempt& attempt, Error error) {
  const auto same = [&](const auto& candidate) { return candidate.get() == &attempt; };
  attempts_.erase(std::find_if(attempts_.begin(), attempts_.end(), same));
  if (is_over()) return;
  if (next_candidate_ < candidates_.size()) {
    log(log::Level::kInfo, "connection attempt failed, the next address is tried", error.detail);
    return begin_next_attempt();
  }
  if (attempts_.empty()) all_attempts_failed(std::move(error));
}

void Subchannel::all_attempts_failed(Error error) {
  if (state_ == State::kReady) return arm_return();
  last_error_ = std::move(error);
  log(log::Level::kWarning, "connection attempt failed", last_error_.detail);
  backoff_timer_.arm(next_attempt_);
  enter(State::kTransientFailure);
}

void Subchannel::on_backoff_over() { enter(State::kIdle); }

// --- returning to a preferred address
// ------------------------------------------------------------------------

void Subchannel::arm_return() {
  const Duration interval = config_.options.return_interval;
  if (prefers_others_ && interval != Duration::max()) {
    return_timer_.arm(saturating_add(loop_.now(), interval));
  } else {
    return_timer_.disarm();
  }
}

void Subchannel::look_for_preferred() {
  // As the addresses are now: those before the connection's, all when it is none of them any more.
  Addresses better;
  for (const net::SocketAddress& address : addresses_) {
    if (address.to_string() == connected_to_.to_string()) break;
    better.push_back(address);
  }
  if (better.empty()) {
    prefers_others_ = false;
  } else {
    begin_attempts(std::move(better));
  }
}

// --- the end of connections --------------------------------------------------------------------------------

void Subchannel::on_closing(ClientProtocol& protocol, const Error& reason) {
  if (ConnectionAttempt* attempt = attempt_of(protocol); attempt != nullptr) {
    return remove_attempt(*attempt, reason);
  }
  if (&protocol != protocol_) return;
  protocol_ = nullptr;
  if (health_ != nullptr) health_->stop();
  if (is_over()) return;
  if (protocol.pinged_too_often()) {
    owner_.slow_keepalive_down();
    log(log::Level::kWarning, "keepalive pings came too often: they come half as often now", reason.detail);
  }
  return_timer_.disarm();
  end_attempts();
  const bool was_of_use = protocol.has_served() || loop_.now() - ready_since_ >= backoff_.initial();
  if (!was_of_use) {
    next_attempt_ = saturating_add(ready_since_, backoff_.next());
    state_ = State::kConnecting;  // as if it had never been ready
    return all_attempts_failed(reason);
  }
  log(log::Level::kInfo, "connection ended", reason.detail);
  rests_ = protocol.was_idle();
  enter(State::kIdle);
}

void Subchannel::on_connection_closed(io::Connection& connection) {
  const auto same = [&](const Link& link) { return link.connection.get() == &connection; };
  links_.erase(std::find_if(links_.begin(), links_.end(), same));
}

void Subchannel::on_clock_jump() {
  if (is_over()) return;
  for (const Link& link : links_) link.protocol->probe();
  backoff_.reset();
  if (state_ == State::kTransientFailure) backoff_timer_.arm(loop_.now());
}

void Subchannel::retire() {
  retired_ = true;
  backoff_timer_.disarm();
  return_timer_.disarm();
  end_attempts();
  state_ = told_ = State::kIdle;
  if (protocol_ != nullptr) protocol_->retire(dropped("the address is no longer one of the target's"));
}

void Subchannel::shut_down(const grpc::Status& status) {
  shut_down_ = true;
  backoff_timer_.disarm();
  return_timer_.disarm();
  next_address_timer_.disarm();
  attempts_.clear();
  state_ = told_ = State::kIdle;
  if (health_ != nullptr) health_->stop();
  for (const Link& link : links_) link.protocol->shut_down(status, loop_.now());
}

// --- what others see
// -----------------------------------------------------------------------------------------

void Subchannel::enter(State state) {
  state_ = state;
  told_ = state_with_health();
  owner_.on_state_changed(*this);
}

Subchannel::State Subchannel::state_with_health() const {
  if (state_ != State::kReady || health_ == nullptr) return state_;
  switch (health_->state()) {
    case HealthWatch::State::kServing:
      return State::kReady;
    case HealthWatch::State::kNotServing:
      return State::kTransientFailure;
    case HealthWatch::State::kStopped:
    case HealthWatch::State::kAsking:
      break;
  }
  return State::kConnecting;
}

void Subchannel::on_health_changed() {
  if (state_ != State::kReady || is_over()) return;
  if (!health_->reason().empty()) {
    last_error_ = dropped(health_->reason());
    log(log::Level::kWarning, "health check", last_error_.detail);
  }
  enter(State::kReady);
}

void Subchannel::log(log::Level level, std::string_view message, std::string_view detail) {
  log::Sink* sink = config_.options.log;
  if (sink == nullptr || !sink->enabled(level)) return;
  sink->write(level, message, {{"target", config_.protocol.authority}, {"detail", detail}});
}

}  // namespace hawser::client
