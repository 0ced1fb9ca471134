#include "hawser/base/cancellation.h"

#include <atomic>
#include <memory>
#include <mutex>

namespace hawser {

class Cancellation::Shared final {
 public:
  std::atomic<int> handles{1};
  std::atomic<bool> cancelled{false};
  std::mutex mutex;                         // held while listeners are told, so that stop() waits
  IntrusiveList<CancelListener> listeners;  // guarded by mutex
};

Cancellation Cancellation::create() {
  Cancellation made;
  made.shared_ = std::make_unique<Shared>().release();  // owned by its handles
  return made;
}

Cancellation::Cancellation(const Cancellation& other) : shared_(other.shared_) {
  if (shared_ != nullptr) shared_->handles.fetch_add(1, std::memory_order_relaxed);
}

Cancellation::~Cancellation() {
  if (shared_ == nullptr || shared_->handles.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  const std::unique_ptr<Shared> last(shared_);
}

bool Cancellation::is_cancelled() const {
  return shared_ != nullptr && shared_->cancelled.load(std::memory_order_acquire);
}

void Cancellation::cancel() const {
  if (shared_ == nullptr) return;
  const std::lock_guard lock(shared_->mutex);
  shared_->cancelled.store(true, std::memory_order_release);
  while (!shared_->listeners.empty()) shared_->listeners.pop_front().on_cancelled_();
}

bool CancelListener::listen(const Cancellation& source) {
  if (!source) return true;
  const std::lock_guard lock(source.shared_->mutex);
  if (source.is_cancelled()) return false;
  source.shared_->listeners.push_back(*this);
  source_ = source;
  return true;
}

void CancelListener::stop() {
  const Cancellation source = std::exchange(source_, {});  // outlives the lock
  if (!source) return;
  const std::lock_guard lock(source.shared_->mutex);
  unlink();
}

}  // namespace hawser
