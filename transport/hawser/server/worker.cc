#include "hawser/server/worker.h"

#include <algorithm>
#include <utility>

namespace hawser::server {
namespace {
constexpr Duration kHandlerPoll = std::chrono::milliseconds(5);

// Connections that one timer looks at: all of them at once would be a pause for the others' calls.
constexpr std::size_t kLooksAtOnce = 64;
constexpr Duration kShortestLookInterval = std::chrono::milliseconds(1);
}  // namespace

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
      quiet_timer_(*loop_, event::Timer::Callback::bind<&Worker::look_for_quiet>(*this)),
      grace_timer_(*loop_, event::Timer::Callback::bind<&Worker::cut_connections>(*this)),
      poll_timer_(*loop_, event::Timer::Callback::bind<&Worker::stop_when_done>(*this)),
      incoming_task_(event::Task::Callback::bind<&Worker::take_incoming>(*this)) {
  loop_->set_busy_poll(shared_.options.busy_poll);
}

Worker::~Worker() { join(); }

void Worker::run_on_new_thread() {
  thread_ = std::thread([this] { loop_->run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::adopt(NewConnection connection) {
  if (loop_->is_loop_thread()) return add_connection(std::move(connection));
  {
    const std::lock_guard lock(incoming_mutex_);
    incoming_.push_back(std::move(connection));
  }
  loop_->post(incoming_task_);
}

void Worker::take_incoming() {
  std::vector<NewConnection> incoming;
  {
    const std::lock_guard lock(incoming_mutex_);
    incoming.swap(incoming_);
  }
  for (NewConnection& connection : incoming) add_connection(std::move(connection));
}

void Worker::add_connection(NewConnection incoming) {
  const std::string limit_key = incoming.peer.limit_key;
  if (draining_) return shared_.limiter.close(limit_key);
  auto connection =
      ServerConnection::open(*loop_, resources_, std::move(incoming),
                             ServerConnection::Closed::bind<&Worker::on_connection_closed>(*this));
  if (!connection) return shared_.limiter.close(limit_key);
  connections_.push_back(*connection->release());
  ++connection_count_;
  if (!quiet_timer_.is_armed()) arm_quiet_timer();
}

// Each connection's turn comes once in idle_memory_after.
void Worker::arm_quiet_timer() {
  const Duration interval = shared_.options.idle_memory_after;
  if (interval == Duration::max() || connection_count_ == 0) return;
  const std::size_t timers = (connection_count_ + kLooksAtOnce - 1) / kLooksAtOnce;
  const Duration each = std::max(interval / static_cast<std::int64_t>(timers), kShortestLookInterval);
  quiet_timer_.arm(saturating_add(loop_->now(), each));
}

void Worker::look_for_quiet() {
  // Those that were looked at go to the end of the list.
  for (std::size_t i = std::min(kLooksAtOnce, connection_count_); i > 0; --i) {
    ServerConnection& connection = connections_.pop_front();
    connection.look_for_quiet();
    connections_.push_back(connection);
  }
  arm_quiet_timer();
}

void Worker::on_connection_closed(ServerConnection& connection) {
  shared_.limiter.close(connection.limit_key());
  const std::unique_ptr<ServerConnection> owned(&connection);
  connection.unlink();
  --connection_count_;
  stop_when_done();
}

void Worker::drain(Duration grace) {
  loop_->post([this, grace] { begin_drain(grace); });
}

void Worker::begin_drain(Duration grace) {
  grace_timer_.arm(saturating_add(loop_->now(), grace));
  if (!draining_) {
    draining_ = true;
    connections_.for_each([this](ServerConnection& connection) { connection.shut_down(loop_->now()); });
  }
  stop_when_done();
}

void Worker::cut_connections() {
  // abort() only marks; connections leave the list when the turn reaps them.
  connections_.for_each([](ServerConnection& connection) {
    connection.abort(Error{ErrorScope::kIo, 0, "server shut down"});
  });
}

void Worker::stop_when_done() {
  if (!draining_ || !connections_.empty()) return;
  if (calls_.in_use() == 0) return loop_->stop();
  poll_timer_.arm(loop_->now() + kHandlerPoll);
}

}  // namespace hawser::server
