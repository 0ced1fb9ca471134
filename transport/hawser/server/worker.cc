#include "hawser/server/worker.h"

#include <utility>

namespace hawser::server {
namespace {
constexpr Duration kHandlerPoll = std::chrono::milliseconds(5);
}

Result<std::unique_ptr<Worker>> Worker::create(const Shared& shared, std::size_t index) {
  auto loop = event::Loop::create();
  if (!loop) return tl::unexpected<Error>(std::move(loop.error()));
  return std::unique_ptr<Worker>(new Worker(shared, index, std::move(*loop)));
}

Worker::Worker(const Shared& shared, std::size_t index, std::unique_ptr<event::Loop> loop)
    : shared_(shared),
      loop_(std::move(loop)),
      calls_(loop_.get(), index),
      resources_{shared.router, shared.options, shared.session_config, memory_, calls_},
      grace_timer_(*loop_, event::Timer::Callback::bind<&Worker::cut_connections>(*this)),
      poll_timer_(*loop_, event::Timer::Callback::bind<&Worker::stop_when_done>(*this)),
      incoming_task_(event::Task::Callback::bind<&Worker::take_incoming>(*this)) {}

Worker::~Worker() { join(); }

void Worker::run_on_new_thread() {
  thread_ = std::thread([this] { loop_->run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::adopt(net::Accepted&& accepted, Peer peer) {
  if (loop_->is_loop_thread()) return add_connection(std::move(accepted), std::move(peer));
  {
    const std::lock_guard lock(incoming_mutex_);
    incoming_.emplace_back(std::move(accepted), std::move(peer));
  }
  loop_->post(incoming_task_);
}

void Worker::take_incoming() {
  std::vector<std::pair<net::Accepted, Peer>> incoming;
  {
    const std::lock_guard lock(incoming_mutex_);
    incoming.swap(incoming_);
  }
  for (auto& [accepted, peer] : incoming) add_connection(std::move(accepted), std::move(peer));
}

void Worker::add_connection(net::Accepted&& accepted, Peer peer) {
  const std::string limit_key = peer.limit_key;
  auto protocol = ServerProtocol::create(resources_, std::move(peer), loop_->now());
  if (!protocol || draining_) return shared_.limiter.close(limit_key);
  const ServerOptions& options = shared_.options;
  if (accepted.peer.family() == net::Family::kTcp && options.keepalive_time != Duration::max()) {
    net::set_user_timeout(accepted.fd.get(), options.keepalive_timeout);  // P-93
  }
  auto connection = std::make_unique<io::Connection>(
      *loop_, std::move(accepted.fd), accepted.peer.family(), std::move(*protocol),
      io::ConnectionOptions{shared_.options.write_timeout},
      io::Connection::Closed::bind<&Worker::on_connection_closed>(*this));
  if (!connection->start()) return shared_.limiter.close(limit_key);
  connections_.push_back(*connection.release());
}

ServerProtocol& Worker::protocol_of(io::Connection& connection) {
  return static_cast<ServerProtocol&>(connection.protocol());
}

void Worker::on_connection_closed(io::Connection& connection) {
  shared_.limiter.close(protocol_of(connection).peer().limit_key);
  const std::unique_ptr<io::Connection> owned(&connection);
  connection.unlink();
  stop_when_done();
}

void Worker::drain(Duration grace) {
  loop_->post([this, grace] { begin_drain(grace); });
}

void Worker::begin_drain(Duration grace) {
  grace_timer_.arm(saturating_add(loop_->now(), grace));
  if (!draining_) {
    draining_ = true;
    connections_.for_each(
        [this](io::Connection& connection) { protocol_of(connection).shutdown(loop_->now()); });
  }
  stop_when_done();
}

void Worker::cut_connections() {
  // abort() only marks; connections leave the list when the turn reaps them.
  connections_.for_each([](io::Connection& connection) {
    connection.abort(Error{ErrorScope::kIo, 0, "server shut down"});
  });
}

void Worker::stop_when_done() {
  if (!draining_ || !connections_.empty()) return;
  if (calls_.in_use() == 0) return loop_->stop();
  poll_timer_.arm(loop_->now() + kHandlerPoll);
}

}  // namespace hawser::server
