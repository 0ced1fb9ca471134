// Keys that there will be, but that are still being made or read: a call for one is answered UNAVAILABLE
// (try again) and not NOT_FOUND (give up).
#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace hawser::signing {

/// Any thread. Asked only when a key wasn't found.
class PendingKeys final {
 public:
  void add(std::string_view id) {
    const std::lock_guard lock(mutex_);
    ids_.emplace(id);
    any_.store(true, std::memory_order_release);
  }
  void remove(std::string_view id) {
    const std::lock_guard lock(mutex_);
    if (const auto found = ids_.find(id); found != ids_.end()) ids_.erase(found);
    any_.store(!ids_.empty(), std::memory_order_release);
  }
  /// While the keystore isn't read, every key is pending.
  void set_loading(bool is_loading) { loading_.store(is_loading, std::memory_order_release); }

  bool contains(std::string_view id) const {
    if (loading_.load(std::memory_order_acquire)) return true;
    if (!any_.load(std::memory_order_acquire)) return false;
    const std::lock_guard lock(mutex_);
    return ids_.find(id) != ids_.end();
  }

 private:
  std::atomic<bool> loading_{false};
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> ids_;  // guarded by mutex_
};

}  // namespace hawser::signing
