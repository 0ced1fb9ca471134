#include "hawser/client/connection_pool.h"

#include <algorithm>
#include <utility>

#include "hawser/event/loop.h"

namespace hawser::client {

using grpc::Status;
using grpc::StatusCode;
using State = Subchannel::State;

namespace {

bool is_among(const net::SocketAddress& address, const std::vector<net::SocketAddress>& addresses) {
  const auto same = [&](const net::SocketAddress& other) { return other.to_string() == address.to_string(); };
  return std::any_of(addresses.begin(), addresses.end(), same);
}

}  // namespace

bool ConnectionPool::waits_for_ready(const Call& call) {
  return call.wait_for_ready_ ||
         (call.method_config_ != nullptr && call.method_config_->wait_for_ready.value_or(false));
}

ConnectionPool::ConnectionPool(event::Loop& loop, http2::MemoryPool& memory, event::ClockWatch& clocks,
                               SubchannelConfig config, ServiceConfig service_config,
                               const Addresses& addresses, Done done, Failed failed)
    : loop_(loop),
      memory_(memory),
      config_(std::move(config)),
      service_config_(std::move(service_config)),
      done_(done),
      failed_(failed),
      seeds_(std::random_device()()),
      keepalive_(config_.options.keepalive),
      vsock_keepalive_(config_.options.vsock_keepalive),
      retries_(loop, service_config_.retry_throttling(),
               RetryQueue::Due::bind<&ConnectionPool::repeat>(*this), static_cast<std::uint32_t>(seeds_())),
      deadline_timer_(loop, event::Timer::Callback::bind<&ConnectionPool::on_deadline>(*this)),
      clocks_(clocks),
      clock_listener_(event::ClockWatch::Listener::Jumped::bind<&ConnectionPool::on_clock_jump>(*this)),
      deliver_hook_(loop, event::TurnHook::When::kNextTurn,
                    event::TurnHook::Callback::bind<&ConnectionPool::deliver>(*this)) {
  if (is_round_robin()) {
    set_addresses(addresses);
  } else {
    add_subchannels(addresses);
  }
}

/// Those of one place: ChannelOptions::connections of them.
void ConnectionPool::add_subchannels(const Addresses& addresses) {
  Subchannel::Owner& owner = *this;
  const std::size_t count = std::max<std::size_t>(config_.options.connections, 1);
  for (std::size_t i = 0; i < count; ++i) {
    subchannels_.push_back(std::make_unique<Subchannel>(loop_, memory_, config_, owner, addresses, seeds_()));
  }
}

void ConnectionPool::set_addresses(const Addresses& addresses) {
  std::erase_if(retired_, [](const auto& subchannel) { return subchannel->is_gone(); });
  if (!is_round_robin()) {
    for (const auto& subchannel : subchannels_) subchannel->set_addresses(addresses);
    return;
  }
  Addresses known;
  auto before = std::exchange(subchannels_, {});
  std::vector<Subchannel*> leaving;
  for (auto& subchannel : before) {
    const net::SocketAddress& address = subchannel->addresses().front();
    if (is_among(address, addresses)) {
      if (!is_among(address, known)) known.push_back(address);
      subchannels_.push_back(std::move(subchannel));
    } else {
      leaving.push_back(subchannel.get());
      retired_.push_back(std::move(subchannel));
    }
  }
  for (const net::SocketAddress& address : addresses) {
    if (is_among(address, known)) continue;
    known.push_back(address);
    add_subchannels({address});
  }
  for (Subchannel* subchannel : leaving) subchannel->retire();  // its waiting calls go to the others
  if (!before.empty()) connect_idle();
}

ConnectionPool::~ConnectionPool() {
  retired_.clear();
  subchannels_.clear();
}

void ConnectionPool::start(Call& call) {
  call.retried_ = call.cancelled_ = false;
  call.failed_attempts_ = call.backoff_step_ = 0;
  call.method_config_ = service_config_.find(call.path_);
  if (call.method_config_ != nullptr) apply_method_config(call);
  if (Status status = check(call); !status.ok()) return finish(call, std::move(status));
  route(call);
}

void ConnectionPool::refuse(Call& call, Status status) {
  call.failed_attempts_ = 0;
  finish(call, std::move(status));
}

std::size_t ConnectionPool::send_limit(const MethodConfig* method) const {
  const std::size_t limit = config_.options.max_send_bytes;
  return method == nullptr ? limit : std::min(limit, method->max_request_bytes.value_or(limit));
}

void ConnectionPool::apply_method_config(Call& call) {
  if (const auto& timeout = call.method_config_->timeout) {
    call.deadline = std::min(call.deadline, saturating_add(call.times_.started, *timeout));
  }
}

/// A call that a connection has ended.
void ConnectionPool::on_call_done(Call& call) {
  if (call.method_config_ == nullptr || shut_down_ || !retries_.take(call)) return done_(call);
  call.place_ = Call::Place::kResting;
  deadlines_.add(call);
  deadline_timer_.arm(deadlines_.next());
}

void ConnectionPool::repeat(Call& call) {
  deadlines_.remove(call);
  call.stream_.rewind();
  call.retried_ = false;
  route(call);
}

Status ConnectionPool::check(const Call& call) const {
  if (call.has_bad_path_) return {StatusCode::kInternal, "malformed method path \"" + call.path_ + "\"", {}};
  if (call.has_bad_authority_) return {StatusCode::kInternal, "malformed authority", {}};
  if (!call.has_request_) return {StatusCode::kInternal, "the call has no request message", {}};
  const std::size_t max_send = send_limit(call.method_config_);
  if (call.request_size_ > max_send) return over_send_limit(call.request_size_, max_send);
  if (call.deadline <= loop_.now()) {
    return {StatusCode::kDeadlineExceeded, "the deadline passed before the call began", {}};
  }
  return {};
}

void ConnectionPool::route(Call& call) {
  if (Subchannel* ready = pick()) return ready->start(call);
  add_pending(call);
  connect_idle();
  const Error* error = failure();
  if (error != nullptr && !waits_for_ready(call) && call.place_ == Call::Place::kPending) {
    remove_pending(call);
    finish(call, {StatusCode::kUnavailable, error->detail, {}});
  }
}

Subchannel* ConnectionPool::pick() { return is_round_robin() ? next_in_turn() : least_loaded(); }

Subchannel* ConnectionPool::next_in_turn() {
  for (std::size_t i = 0; i < subchannels_.size(); ++i) {
    last_picked_ = (last_picked_ + 1) % subchannels_.size();
    if (subchannels_[last_picked_]->state() == State::kReady) return subchannels_[last_picked_].get();
  }
  return nullptr;
}

Subchannel* ConnectionPool::least_loaded() {
  Subchannel* best = nullptr;
  for (const std::unique_ptr<Subchannel>& candidate : subchannels_) {
    if (candidate->state() != State::kReady) continue;
    if (best == nullptr || candidate->load() < best->load()) best = candidate.get();
  }
  return best;
}

void ConnectionPool::connect_idle() {
  clocks_.add(clock_listener_);
  for (const std::unique_ptr<Subchannel>& subchannel : subchannels_) {
    if (subchannel->state() == State::kIdle) subchannel->connect();
  }
}

const Error* ConnectionPool::failure() const {
  for (const std::unique_ptr<Subchannel>& subchannel : subchannels_) {
    if (subchannel->state() != State::kTransientFailure) return nullptr;
  }
  return &subchannels_.front()->last_error();
}

void ConnectionPool::on_state_changed(Subchannel& subchannel) {
  switch (subchannel.state()) {
    case State::kReady:
      return start_pending();
    case State::kTransientFailure:
      failed_();
      if (const Error* error = failure()) fail_pending(*error);
      return;
    case State::kIdle:
      if (subchannel.rests() && pending_.empty()) return;
      failed_();
      if (!pending_.empty() || is_round_robin()) subchannel.connect();
      return;
    case State::kConnecting:
      return;
  }
}

void ConnectionPool::on_call_returned(Call& call) {
  call.stream_.rewind();
  route(call);
}

void ConnectionPool::add_pending(Call& call) {
  call.place_ = Call::Place::kPending;
  pending_.push_back(call);
  deadlines_.add(call);
  deadline_timer_.arm(deadlines_.next());
}

void ConnectionPool::remove_pending(Call& call) {
  call.unlink();
  deadlines_.remove(call);
}

void ConnectionPool::start_pending() {
  while (!pending_.empty()) {
    Subchannel* ready = pick();
    if (ready == nullptr) return;
    Call& call = pending_.front();
    remove_pending(call);
    ready->start(call);
  }
}

void ConnectionPool::fail_pending(const Error& error) {
  pending_.for_each([&](Call& call) {
    if (waits_for_ready(call)) return;
    remove_pending(call);
    finish(call, {StatusCode::kUnavailable, error.detail, {}});
  });
}

std::string ConnectionPool::why_not_connected() const {
  std::string text = "the deadline passed before a connection was ready";
  if (subchannels_.empty()) return text;
  if (const Error& last = subchannels_.front()->last_error(); !last.detail.empty()) {
    text += "; last, " + last.detail;
  }
  return text;
}

void ConnectionPool::on_deadline() {
  while (grpc::DeadlineEntry* entry = deadlines_.pop_due(loop_.now())) {
    Call& call = static_cast<Call&>(*entry);
    if (call.place_ == Call::Place::kResting) retries_.remove(call);
    remove_pending(call);
    finish(call, {StatusCode::kDeadlineExceeded, why_not_connected(), {}});
  }
  deadline_timer_.arm(deadlines_.next());
}

void ConnectionPool::finish(Call& call, Status status) {
  call.stream_.finish_unopened(std::move(status));
  call.place_ = Call::Place::kFinished;
  call.times_.done = loop_.now();
  finished_.push_back(call);
  deliver_hook_.schedule();
}

void ConnectionPool::deliver() {
  // Calls that a completion starts, and that fail at once, wait for the next turn.
  IntrusiveList<Call> calls;
  calls.take_all(finished_);
  while (!calls.empty()) done_(calls.pop_front());
}

void ConnectionPool::cancel(Call& call, Status status) {
  call.cancelled_ = true;
  switch (call.place_) {
    case Call::Place::kWaiting:
    case Call::Place::kOpen:
      return call.protocol_->cancel(call, std::move(status), loop_.now());
    case Call::Place::kResting:
      retries_.remove(call);
      [[fallthrough]];
    case Call::Place::kPending:
      remove_pending(call);
      finish(call, std::move(status));
      return deliver();
    case Call::Place::kNowhere:
    case Call::Place::kPosted:
    case Call::Place::kFinished:
      return;
  }
}

void ConnectionPool::on_clock_jump(Duration length) {
  if (log::Sink* log = config_.options.log; log != nullptr && log->enabled(log::Level::kInfo)) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
    log->write(log::Level::kInfo, "the clock jumped: connections are asked whether they are alive",
               {{"target", config_.protocol.authority}, {"ms", std::to_string(ms)}});
  }
  for (const std::unique_ptr<Subchannel>& subchannel : subchannels_) subchannel->on_clock_jump();
}

void ConnectionPool::shut_down(const Status& status) {
  shut_down_ = true;
  clock_listener_.unlink();
  for (const std::unique_ptr<Subchannel>& subchannel : retired_) subchannel->shut_down(status);
  for (const std::unique_ptr<Subchannel>& subchannel : subchannels_) subchannel->shut_down(status);
  while (!retries_.empty()) cancel(retries_.front(), status);
  while (!pending_.empty()) {
    Call& call = pending_.front();
    remove_pending(call);
    finish(call, status);
  }
  deliver();
}

}  // namespace hawser::client
