// Calls by key, for a few keys: the first ones that were used keep names of their own, the rest are one. Only
// names of keys that exist get here, so that callers can't fill it with names they make up.
//
// Threads: any; a lock for the time of one look-up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::metrics {

class KeyCounts final {
 public:
  struct Count {
    std::string key_id;
    std::uint64_t calls = 0;
  };

  /// `most`: keys with a name of their own; 0: nothing is counted.
  explicit KeyCounts(std::size_t most) : most_(most) {}

  void add(std::string_view key_id);
  /// By name; what has none of its own is "other keys", which no key is called.
  std::vector<Count> all() const;

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;  // guarded
  std::uint64_t others_ = 0;                                  // guarded
};

}  // namespace hawser::metrics
