#include "src/admin/task_thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "src/logging/signal_free_thread.h"

namespace hawser::admin {
namespace {

// Linux has a niceness a thread. Refused, it stays as it is.
void be_nice(int more) {
  if (more == 0) return;
  const auto self = static_cast<id_t>(::gettid());
  ::setpriority(PRIO_PROCESS, self, std::min(::getpriority(PRIO_PROCESS, self) + more, 19));
}

}  // namespace

TaskThread::TaskThread(TaskThreadOptions options) : options_(std::move(options)) {
  thread_ = logging::start_without_signals([this] { run(); });
}

TaskThread::~TaskThread() { stop(); }

TaskThread::Posted TaskThread::post(Task& task) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return Posted::kStopped;
  if (waiting_.size() >= options_.most_waiting) return Posted::kFull;
  waiting_.push_back(&task);
  changed_.notify_one();
  return Posted::kYes;
}

void TaskThread::stop() {
  std::deque<Task*> left;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    left.swap(waiting_);
    changed_.notify_one();
  }
  stop_.request_stop();
  for (Task* task : left) task->give_up();
  if (thread_.joinable()) thread_.join();
}

void TaskThread::run() {
  ::pthread_setname_np(::pthread_self(), options_.name.c_str());
  be_nice(options_.nice);
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    run_one(lock);
    if (stopped_) return;
    lock.unlock();
    const auto pause = options_.between ? options_.between(stop_.get_token()) : std::chrono::minutes(1);
    lock.lock();
    changed_.wait_for(lock, pause, [this] { return stopped_ || !waiting_.empty(); });
  }
}

void TaskThread::run_one(std::unique_lock<std::mutex>& lock) {
  if (waiting_.empty()) return;
  Task* task = waiting_.front();
  waiting_.pop_front();
  lock.unlock();
  task->run(stop_.get_token());
  lock.lock();
}

}  // namespace hawser::admin
