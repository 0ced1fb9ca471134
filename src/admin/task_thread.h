// One thread for work that blocks, with a bounded queue before it and something to do between the tasks.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace hawser::admin {

class Task {
 public:
  virtual ~Task() = default;
  /// Exactly one of the two is called, on the task thread or (the second) on that of stop(). The task may be
  /// gone when it returns.
  virtual void run(const std::stop_token& stop) = 0;
  virtual void give_up() = 0;
};

struct TaskThreadOptions {
  std::string name;  ///< As the system shows it; at most 15 bytes.
  int nice = 0;      ///< How much less than its process's other threads it shall get of a busy CPU.
  std::size_t most_waiting = 64;
  /// Done at the start, after each task, and again when the time that it gives has passed.
  std::function<std::chrono::milliseconds(const std::stop_token&)> between;
};

class TaskThread final {
 public:
  enum class Posted { kYes, kFull, kStopped };

  explicit TaskThread(TaskThreadOptions options);
  /// Stops.
  ~TaskThread();
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  /// The task isn't owned; it lives until it has run or was given up. Any thread.
  Posted post(Task& task);
  /// Gives up what waits; tells what runs to stop and waits for it. Again: does nothing. By the owner.
  void stop();

 private:
  void run();
  void run_one(std::unique_lock<std::mutex>& lock);

  const TaskThreadOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task*> waiting_;  // guarded by mutex_
  bool stopped_ = false;       // guarded by mutex_
  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace hawser::admin
