// Reactors of the kinds that services are written with, and a look at what becomes of them.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

namespace hawser::test {

/// What happened to the reactors of a test. Outlives them.
struct ReactorLog {
  std::atomic<int> made{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> metadata_sent{0};
  std::atomic<int> done{0};
  std::atomic<int> misordered{0};  ///< Something came after OnDone, or OnDone twice.
};

/// Deletes itself in OnDone, as grpc++'s examples do; a function decides each reaction.
class OwnReactor final : public ::grpc::ServerUnaryReactor {
 public:
  using Reaction = std::function<void(OwnReactor&)>;

  explicit OwnReactor(ReactorLog& log) : log_(log) { ++log_.made; }
  ~OwnReactor() override { alive_ = false; }

  Reaction on_cancel;
  Reaction on_metadata_sent;
  std::function<void()> on_done;

  void OnCancel() override {
    ++log_.cancelled;
    check();
    if (on_cancel) on_cancel(*this);
  }
  void OnSendInitialMetadataDone(bool ok) override {
    if (ok) ++log_.metadata_sent;
    check();
    if (on_metadata_sent) on_metadata_sent(*this);
  }
  void OnDone() override {
    check();
    if (on_done) on_done();
    ++log_.done;
    delete this;
  }
  /// From a reaction: OnDone waits for it to return, so the reactor may be used after Finish.
  void finish_in_reaction(::grpc::Status status) {
    const std::lock_guard lock(mutex_);
    Finish(std::move(status));
    check();
  }

 private:
  void check() {
    if (!alive_) ++log_.misordered;
  }

  ReactorLog& log_;
  std::mutex mutex_;
  std::atomic<bool> alive_{true};
};

/// Threads of a service's own, joined at the end.
class Helpers final {
 public:
  ~Helpers() { join(); }
  void run(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back(std::move(work));
  }
  void join() {
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      threads.swap(threads_);
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;  // guarded by mutex_
};

/// A reactor may finish on another thread before grpc++ has bound it to its call. Then absl::Mutex orders the
/// two threads, which ThreadSanitizer can't see: tests of that are skipped there.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kSeesReactorLock = false;
#else
inline constexpr bool kSeesReactorLock = true;
#endif

/// A reactor whose work is done on a helper's thread, begun after it was bound.
inline OwnReactor* work_elsewhere(ReactorLog& log, Helpers& helpers, OwnReactor::Reaction work) {
  auto* reactor = new OwnReactor(log);
  reactor->on_metadata_sent = [&helpers, work = std::move(work)](OwnReactor& self) {
    helpers.run([&self, work] { work(self); });
  };
  reactor->StartSendInitialMetadata();
  return reactor;
}

/// Opens once; waiting at it is how a test holds a handler back.
class Gate final {
 public:
  void open() {
    open_.store(true);
    open_.notify_all();
  }
  void wait() const { open_.wait(false); }

 private:
  std::atomic<bool> open_{false};
};

}  // namespace hawser::test
