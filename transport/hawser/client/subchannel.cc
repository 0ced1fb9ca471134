#include "hawser/client/subchannel.h"

#include <algorithm>
#include <utility>

#include "hawser/event/loop.h"

namespace hawser::client {

Subchannel::Subchannel(event::Loop& loop, http2::MemoryPool& memory, const SubchannelConfig& config,
                       Owner& owner, std::uint32_t seed)
    : loop_(loop),
      memory_(memory),
      config_(config),
      owner_(owner),
      backoff_(config.options.backoff, seed),
      connector_(loop, io::Connector::Done::bind<&Subchannel::on_connected>(*this)),
      backoff_timer_(loop, event::Timer::Callback::bind<&Subchannel::on_backoff_over>(*this)) {}

Subchannel::~Subchannel() {
  shut_down_ = true;
  links_.clear();  // here, while on_closing() can still be called
}

void Subchannel::connect() {
  if (shut_down_) return;
  const Instant now = loop_.now();
  attempt_deadline_ = saturating_add(now, config_.options.connect_timeout);
  next_attempt_ = saturating_add(now, backoff_.next());
  connector_.start(config_.addresses, attempt_deadline_, config_.options.address_timeout);
  enter(State::kConnecting);
}

void Subchannel::on_connected(Result<io::Connected> result) {
  if (!result) return attempt_failed(std::move(result.error()));
  if (Result<void> adopted = adopt(std::move(*result)); !adopted) attempt_failed(std::move(adopted.error()));
}

Result<void> Subchannel::adopt(io::Connected connected) {
  const KeepaliveOptions& keepalive = owner_.keepalive();
  if (keepalive.time != Duration::max() && connected.peer.family() == net::Family::kTcp) {
    net::set_user_timeout(connected.fd.get(), keepalive.timeout);  // P-93
  }
  auto protocol = ClientProtocol::create(config_.protocol, *this, memory_, attempt_deadline_, keepalive);
  if (!protocol) return tl::unexpected<Error>(std::move(protocol.error()));
  protocol_ = protocol->get();
  auto connection = std::make_unique<io::Connection>(
      loop_, std::move(connected.fd), connected.peer.family(), std::move(*protocol),
      config_.options.connection, io::Connection::Closed::bind<&Subchannel::on_connection_closed>(*this));
  // On failure the protocol was told, and on_closing() has counted the attempt.
  if (connection->start()) links_.push_back({std::move(connection), protocol_});
  return {};
}

void Subchannel::on_ready(ClientProtocol& protocol) {
  if (&protocol != protocol_ || shut_down_) return;
  backoff_.reset();
  ready_since_ = loop_.now();
  log(log::Level::kInfo, "connected", config_.addresses.front().to_string());
  enter(State::kReady);
}

void Subchannel::on_closing(ClientProtocol& protocol, const Error& reason) {
  if (&protocol != protocol_) return;
  protocol_ = nullptr;
  if (shut_down_) return;
  if (protocol.pinged_too_often()) {
    owner_.slow_keepalive_down();
    log(log::Level::kWarning, "keepalive pings came too often: they come half as often now", reason.detail);
  }
  const bool was_ready = state_ == State::kReady;
  const bool was_of_use =
      was_ready && (protocol.has_served() || loop_.now() - ready_since_ >= config_.options.backoff.initial);
  if (!was_of_use) {
    if (was_ready) next_attempt_ = saturating_add(ready_since_, backoff_.next());
    return attempt_failed(reason);
  }
  log(log::Level::kInfo, "connection ended", reason.detail);
  enter(State::kIdle);
}

void Subchannel::attempt_failed(Error error) {
  if (shut_down_) return;
  last_error_ = std::move(error);
  log(log::Level::kWarning, "connection attempt failed", last_error_.detail);
  backoff_timer_.arm(next_attempt_);
  enter(State::kTransientFailure);
}

void Subchannel::on_backoff_over() { enter(State::kIdle); }

void Subchannel::on_connection_closed(io::Connection& connection) {
  const auto same = [&](const Link& link) { return link.connection.get() == &connection; };
  links_.erase(std::find_if(links_.begin(), links_.end(), same));
}

void Subchannel::enter(State state) {
  state_ = state;
  owner_.on_state_changed(*this);
}

void Subchannel::shut_down(const grpc::Status& status) {
  shut_down_ = true;
  connector_.cancel();
  backoff_timer_.disarm();
  state_ = State::kIdle;
  for (const Link& link : links_) link.protocol->shut_down(status, loop_.now());
}

void Subchannel::log(log::Level level, std::string_view message, std::string_view detail) {
  log::Sink* sink = config_.options.log;
  if (sink == nullptr || !sink->enabled(level)) return;
  sink->write(level, message, {{"target", config_.protocol.authority}, {"detail", detail}});
}

}  // namespace hawser::client
