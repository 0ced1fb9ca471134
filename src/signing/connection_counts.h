// How many jobs each connection of one loop has in the lanes. Warm, counting allocates nothing: entries of
// connections without jobs stay until the table is full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace hawser::signing {

/// One thread.
class ConnectionCounts final {
 public:
  /// Null isn't counted.
  using Connection = const void*;

  std::size_t count(Connection connection) const {
    if (connection == nullptr) return 0;
    const Entry& entry = table_[place_of(connection)];
    return entry.connection == connection ? entry.jobs : 0;
  }
  void add(Connection connection) {
    if (connection == nullptr) return;
    std::size_t place = place_of(connection);
    if (table_[place].connection == nullptr) {
      if (2 * (used_ + 1) > table_.size()) {
        rebuild();
        place = place_of(connection);
      }
      table_[place].connection = connection;
      ++used_;
    }
    ++table_[place].jobs;
  }
  /// Precondition: it was added more often than removed.
  void remove(Connection connection, std::uint32_t jobs = 1) {
    if (connection != nullptr) table_[place_of(connection)].jobs -= jobs;
  }

 private:
  struct Entry {
    Connection connection = nullptr;
    std::uint32_t jobs = 0;
  };

  // Where it is, or would be. There is always a free place.
  std::size_t place_of(Connection connection) const {
    std::size_t place = (reinterpret_cast<std::uintptr_t>(connection) >> 4) * 0x9E3779B97F4A7C15U >> 20;
    for (;; ++place) {
      const Entry& entry = table_[place & (table_.size() - 1)];
      if (entry.connection == nullptr || entry.connection == connection) return place & (table_.size() - 1);
    }
  }
  void rebuild() {
    std::size_t busy = 0;
    for (const Entry& entry : table_) busy += entry.jobs > 0 ? 1 : 0;
    std::vector<Entry> old(4 * (busy + 1) > table_.size() ? 2 * table_.size() : table_.size());
    old.swap(table_);
    used_ = busy;
    for (const Entry& entry : old) {
      if (entry.jobs > 0) table_[place_of(entry.connection)] = entry;
    }
  }

  std::vector<Entry> table_ = std::vector<Entry>(64);  // a power of two
  std::size_t used_ = 0;
};

}  // namespace hawser::signing
