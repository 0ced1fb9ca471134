#include "hawser/client/channel.h"

#include <algorithm>
#include <optional>
#include <semaphore>
#include <utility>

#include "hawser/client/interceptor.h"
#include "hawser/event/loop.h"
#include "hawser/net/inherited.h"
#include "hawser/tls/tls_context.h"

namespace hawser::client {
namespace {

constexpr std::string_view kUserAgent = "grpc-c++-hawser/" HAWSER_VERSION " (linux; epoll)";

const grpc::Status& channel_closed() {
  static const grpc::Status kStatus{grpc::StatusCode::kCancelled, "the channel was closed", {}};
  return kStatus;
}

bool is_field_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

/// The host of an `:authority`, of the first one in a list. What can be a name in a certificate.
std::string host_of(std::string_view authority) {
  if (authority.starts_with('[')) return std::string(authority.substr(1, authority.find(']') - 1));
  return std::string(authority.substr(0, authority.find_first_of(":,")));
}

/// As a name for it would have given (P-98, V-4).
std::string authority_of(const net::SocketAddress& address) {
  if (const auto cid = address.vsock_cid())
    return std::to_string(*cid) + ':' + std::to_string(address.port());
  return address.family() == net::Family::kTcp ? address.to_string() : "localhost";
}

Instant deadline_of(Instant now, Duration timeout) {
  return timeout == Duration::max() ? kNever : saturating_add(now, timeout);
}

}  // namespace

Result<Channel::Setup> Channel::set_up(std::string_view text, ChannelOptions options) {
  Result<Target> target = Target::parse(text);
  if (!target) return tl::unexpected<Error>(std::move(target.error()));
  Result<Resolver::Addresses> addresses = target->resolve();
  if (!addresses) return tl::unexpected<Error>(std::move(addresses.error()));
  std::string authority = target->authority();
  return set_up(std::move(*target), std::move(authority), std::move(*addresses), std::move(options));
}

Result<Channel::Setup> Channel::set_up(Target target, std::string authority, Resolver::Addresses addresses,
                                       ChannelOptions options) {
  if (!is_field_text(options.authority) || !is_field_text(options.user_agent_prefix)) {
    return usage_error("authority and user agent are printable ASCII");
  }
  const std::vector<Interceptor*>& interceptors = options.interceptors;
  if (std::find(interceptors.begin(), interceptors.end(), nullptr) != interceptors.end()) {
    return usage_error("an interceptor is null");
  }
  ServiceConfig service_config;
  if (!options.service_config.empty()) {
    Result<ServiceConfig> parsed = ServiceConfig::parse(options.service_config);
    if (!parsed) return tl::unexpected<Error>(std::move(parsed.error()));
    service_config = std::move(*parsed);
    options.load_balancing = service_config.load_balancing().value_or(options.load_balancing);
  }
  auto session = http2::SessionConfig::create(http2::Role::kClient, options.limits);
  if (!session) return tl::unexpected<Error>(std::move(session.error()));

  SubchannelConfig config;
  config.protocol.session = std::move(*session);
  config.protocol.authority = options.authority.empty() ? std::move(authority) : options.authority;
  if (!options.user_agent_prefix.empty()) config.protocol.user_agent = options.user_agent_prefix + " ";
  config.protocol.user_agent += kUserAgent;
  if (options.tls != nullptr) {
    config.protocol.scheme = "https";
    const std::string& name = options.tls->server_name();
    config.tls_server_name = name.empty() ? host_of(config.protocol.authority) : name;
  }
  config.protocol.max_receive_bytes = options.max_receive_bytes;
  config.protocol.max_held_bytes = options.max_held_bytes;
  config.protocol.idle_timeout = options.idle_timeout;
  if (options.load_balancing == LoadBalancing::kRoundRobin && options.health_checks) {
    config.health_service = service_config.health_service();
  }
  options.connection.vsock_send_bytes = options.vsock_socket.send_bytes;
  for (KeepaliveOptions* keepalive : {&options.keepalive, &options.vsock_keepalive}) {
    keepalive->time = std::max(keepalive->time, KeepaliveOptions::kShortestTime);
  }
  config.options = std::move(options);
  return Setup{std::move(target), std::move(addresses), std::move(config), std::move(service_config)};
}

Result<std::unique_ptr<Channel>> Channel::create(std::string_view target, ChannelOptions options) {
  return create(set_up(target, std::move(options)));
}

Result<std::unique_ptr<Channel>> Channel::create(UniqueFd connected, ChannelOptions options) {
  Result<net::InheritedSocket> socket = net::check_connected(std::move(connected));
  if (!socket) return tl::unexpected<Error>(std::move(socket.error()));
  options.connections = 1;
  options.load_balancing = LoadBalancing::kPickFirst;
  Result<Setup> setup =
      set_up(Target(), authority_of(socket->address), {socket->address}, std::move(options));
  if (setup) setup->config.given_socket = std::make_unique<UniqueFd>(std::move(socket->fd));
  return create(std::move(setup));
}

Result<std::unique_ptr<Channel>> Channel::create(Result<Setup> setup) {
  if (!setup) return tl::unexpected<Error>(std::move(setup.error()));
  auto thread = LoopThread::create(setup->config.options.busy_poll);
  if (!thread) return tl::unexpected<Error>(std::move(thread.error()));
  LoopThread& running = **thread;
  return std::unique_ptr<Channel>(new Channel(std::move(*thread), running, std::move(*setup)));
}

Result<std::unique_ptr<Channel>> Channel::create(std::string_view target, ChannelOptions options,
                                                 LoopThread& loop_thread) {
  Result<Setup> setup = set_up(target, std::move(options));
  if (!setup) return tl::unexpected<Error>(std::move(setup.error()));
  return std::unique_ptr<Channel>(new Channel(nullptr, loop_thread, std::move(*setup)));
}

Channel::Channel(std::unique_ptr<LoopThread> own_thread, LoopThread& thread, Setup setup)
    : own_thread_(std::move(own_thread)),
      thread_(thread),
      resolver_(thread.loop(), std::move(setup.target), Resolver::Done::bind<&Channel::on_resolved>(*this)),
      pool_(std::make_unique<ConnectionPool>(
          thread.loop(), thread.memory(), thread.clock_watch(), std::move(setup.config),
          std::move(setup.service_config), setup.addresses,
          ConnectionPool::Done::bind<&Channel::on_call_done>(*this),
          ConnectionPool::Failed::bind<&Channel::on_connection_failed>(*this))),
      interceptors_(pool_->config().options.interceptors),
      posted_task_(event::Task::Callback::bind<&Channel::on_posted>(*this)),
      reap_hook_(thread.loop(), event::TurnHook::When::kReap,
                 event::TurnHook::Callback::bind<&Channel::on_reap>(*this)) {}

Channel::~Channel() {
  std::binary_semaphore reaped(0);
  reaped_ = Delegate<void()>::from(
      [](void* semaphore) { static_cast<std::binary_semaphore*>(semaphore)->release(); }, &reaped);
  thread_.loop().post([this] { close(); });
  reaped.acquire();
  if (resolver_.join()) thread_.run([] {});  // behind what it posted
}

void Channel::on_resolved(Result<Resolver::Addresses> addresses) {
  if (addresses) pool_->set_addresses(*addresses);  // else the ones that there were
}

void Channel::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  on_posted();
  resolver_.stop();
  pool_->shut_down(channel_closed());
  while (!unread_.empty()) unread_.pop_front().call.close(channel_closed());
  // No call is left that could post, but one that ended just now may have. Behind that task, and after this
  // turn's flush, which sends the GOAWAY.
  thread_.loop().post([this] { reap_hook_.schedule(); });
}

void Channel::on_reap() {
  pool_.reset();
  reaped_();
}

/// `stream`: null, or the streaming call that `call` is of; it looks at what was done to it before.
bool Channel::start(Call& call, StreamCall* stream) {
  event::Loop& loop = thread_.loop();
  const bool on_loop = loop.is_loop_thread();
  if (on_loop && closing_) return false;
  const Instant now = on_loop ? loop.now() : Clock::now();
  call.channel_ = this;
  call.deadline = deadline_of(now, call.timeout_);
  call.times_ = CallTimes{.started = now, .sent = {}, .first_byte = {}, .done = {}};
  call.in_flight_.store(true, std::memory_order_relaxed);
  if (on_loop) {
    begin(call);
    if (stream != nullptr) post_work(*stream);
    return true;
  }
  {
    const std::lock_guard lock(mutex_);
    if (closing_) {
      call.in_flight_.store(false, std::memory_order_relaxed);
      return false;
    }
    call.place_ = Call::Place::kPosted;
    posted_.push_back(call);
    if (stream != nullptr) work_.push_back(stream->work_link_);
  }
  loop.post(posted_task_);
  return true;
}

bool Channel::start(Call& call) {
  if (call.encoding_ != grpc::Encoding::kIdentity && call.has_request_) {
    call.stream_.compress_message(call.encoding_);
  }
  return start(call, nullptr);
}

bool Channel::start(StreamCall& call) {
  call.prepare(*this);
  if (start(call.call_, &call)) return true;
  call.undo_prepare();
  return false;
}

void Channel::begin(Call& call) {
  if (call.parent_ != nullptr && !enter_scope(call)) {
    return pool_->refuse(call, {grpc::StatusCode::kCancelled, "the call that it is made for is over", {}});
  }
  if (interceptors_.empty()) return pool_->start(call);
  begin_intercepted(call);
}

/// False: the parent is over.
bool Channel::enter_scope(Call& call) {
  call.deadline = std::min(call.deadline, call.parent_->scope.deadline);
  return call.parent_->listener.listen(call.parent_->scope.cancellation);
}

void Channel::begin_intercepted(Call& call) {
  call.own_metadata_ = call.metadata_.size();
  CallView view(call, authority(), thread_.loop().now());
  std::optional<grpc::Status> refused = interceptors_.before(view, call.intercepted_);
  if (refused) return pool_->refuse(call, std::move(*refused));
  pool_->start(call);
}

void Channel::end_intercepted(Call& call) {
  grpc::Status status = call.status();
  interceptors_.after(CallView(call, authority(), thread_.loop().now()), status, call.intercepted_);
  call.stream_.replace_status(std::move(status));
  call.metadata_.truncate(call.own_metadata_);
}

// A cancel may race with the end of its call, after which the owner may destroy it: no link may be left in
// cancels_ then. Either on_call_done() sees cancel_wanted_, and unlinks when this is done, or this sees that
// the call is no longer in flight: the four accesses are sequentially consistent.
void Channel::cancel(Call& call) {
  {
    const std::lock_guard lock(mutex_);
    call.cancel_wanted_.store(true);
    if (!call.in_flight_.load()) return;
    if (!call.cancel_link_.is_linked()) cancels_.push_back(call.cancel_link_);
  }
  thread_.loop().post(posted_task_);
}

void Channel::on_posted() {
  IntrusiveList<Call> calls;
  IntrusiveList<Call::CancelLink> cancels;
  IntrusiveList<StreamCall::WorkLink> work;
  {
    // All at once: a call that is to be cancelled was posted before, so it is started before.
    const std::lock_guard lock(mutex_);
    calls.take_all(posted_);
    cancels.take_all(cancels_);
    work.take_all(work_);
  }
  while (!calls.empty()) begin(calls.pop_front());
  run_cancels(cancels);
  run_work(work);
}

void Channel::run_cancels(IntrusiveList<Call::CancelLink>& cancels) {
  for (;;) {
    Call* call = nullptr;
    {
      const std::lock_guard lock(mutex_);  // cancel() looks at these links
      if (cancels.empty()) return;
      call = &cancels.pop_front().call;
    }
    pool_->cancel(*call, {grpc::StatusCode::kCancelled, "the call was cancelled", {}});
  }
}

void Channel::run_work(IntrusiveList<StreamCall::WorkLink>& work) {
  for (;;) {
    StreamCall* call = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (work.empty()) return;
      call = &work.pop_front().call;
    }
    call->advance();
  }
}

void Channel::post_work(StreamCall& call) {
  {
    const std::lock_guard lock(mutex_);
    if (!call.work_link_.is_linked()) work_.push_back(call.work_link_);
  }
  thread_.loop().post(posted_task_);
}

void Channel::unlink_work(StreamCall& call) {
  const std::lock_guard lock(mutex_);
  call.work_link_.unlink();
}

void Channel::on_call_done(Call& call) {
  call.place_ = Call::Place::kNowhere;
  call.has_request_ = false;
  if (call.parent_ != nullptr) call.parent_->listener.stop();
  // A streaming call is over only when its messages were read.
  if (!interceptors_.empty() && call.progress_ == nullptr) end_intercepted(call);
  call.in_flight_.store(false);
  if (call.cancel_wanted_.load()) {
    const std::lock_guard lock(mutex_);
    call.cancel_link_.unlink();
    call.cancel_wanted_.store(false);
  }
  call.completion_(call);  // may destroy or restart it
}

}  // namespace hawser::client
