// Keys that there will be, but that are still being made: a call for one waits, on no thread, until it is
// there.
//
//   wait() -> kWaits, and then one of
//               what the waiter is bound to, once: remove() (look for the key now) or close()
//               leave() is true: it was taken back
//          -> kNotPending: look for the key now
//          -> kFull, kClosed: nobody waits
//
// Waiting is bounded in number here, and in time by who waits: a call that is over leaves.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "hawser/base/delegate.h"
#include "hawser/base/intrusive_list.h"

namespace hawser::signing {

/// Any thread. Looked at only when a key wasn't found.
class PendingKeys final {
 public:
  /// Who waits; lives until it was told, or has left.
  class Waiter final : public ListLink {
   public:
    /// On the thread that removes the key, or closes. Whatever it waits in may be destroyed within.
    using Told = Delegate<void(bool is_closed)>;
    explicit Waiter(Told told) : told_(told) {}

   private:
    friend class PendingKeys;
    const Told told_;
    std::string_view id_;
    bool waits_ = false;  // guarded by PendingKeys::mutex_
  };
  enum class Outcome { kWaits, kNotPending, kFull, kClosed };

  explicit PendingKeys(std::size_t most_waiting = 256) : most_waiting_(most_waiting) {}
  PendingKeys(const PendingKeys&) = delete;
  PendingKeys& operator=(const PendingKeys&) = delete;

  void add(std::string_view id);
  /// The key is in the keyring, or there won't be one: whoever waits for it is told.
  void remove(std::string_view id);
  bool contains(std::string_view id) const;

  /// `id` stays as it is as long as it waits.
  Outcome wait(Waiter& waiter, std::string_view id);
  /// False: it was told, or is about to be.
  bool leave(Waiter& waiter);
  std::size_t waiting() const;

  /// Tells all who wait; nobody waits from now on.
  void close();

 private:
  using Waiters = IntrusiveList<Waiter>;

  template <class Wanted>
  void take(Waiters& taken, const Wanted& wanted);  // under mutex_
  static void tell(Waiters& waiters, bool is_closed);

  const std::size_t most_waiting_;
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::set<std::string, std::less<>> ids_;
  Waiters waiters_;
  std::size_t waiting_ = 0;
  bool closed_ = false;
};

}  // namespace hawser::signing
