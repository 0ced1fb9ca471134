// Reused per-call state of one method: messages keep their memory from call to call. One free list a worker,
// so no locks.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

namespace hawser::binding {

template <class State>
class StatePool final {
 public:
  /// Before the first acquire().
  void prepare(std::size_t workers) {
    free_.resize(workers);
    retired_.resize(workers);
  }

  std::unique_ptr<State> acquire(std::size_t worker) {
    auto& free = free_[worker];
    if (free.empty()) return std::make_unique<State>();
    std::unique_ptr<State> state = std::move(free.back());
    free.pop_back();
    return state;
  }

  /// `used_bytes`: the size of the larger message. Large ones are given back to the heap instead of kept.
  void release(std::size_t worker, std::unique_ptr<State> state, std::size_t used_bytes) {
    if (used_bytes <= kKeepBytes && free_[worker].size() < kKeepStates)
      free_[worker].push_back(std::move(state));
  }

  /// For a state that a thread may still be looking at for an instant: it is destroyed when many others have
  /// come here after it, or with the pool.
  void retire(std::size_t worker, std::unique_ptr<State> state) {
    auto& retired = retired_[worker];
    retired.push_back(std::move(state));
    if (retired.size() > kKeepRetired) retired.pop_front();
  }

 private:
  static constexpr std::size_t kKeepRetired = 64;
  static constexpr std::size_t kKeepBytes = 64 * 1024;
  static constexpr std::size_t kKeepStates = 256;

  std::vector<std::vector<std::unique_ptr<State>>> free_;
  std::vector<std::deque<std::unique_ptr<State>>> retired_;
};

}  // namespace hawser::binding
