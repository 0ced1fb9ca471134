// Header fields of one block in one arena: two allocations for any number of fields, none once warm.
//
// Size is counted as RFC 9113 6.5.2 does (name + value + 32), before anything is stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/http2/types.h"

namespace hawser::http2 {

class HeaderBlock final {
 public:
  static constexpr std::size_t kFieldOverhead = 32;

  /// Copies the field. Both parts below 4 GiB.
  void add(std::string_view name, std::string_view value);
  /// Adds a field whose value the caller writes: `value_size` bytes, valid until the next add.
  char* add_uninitialized(std::string_view name, std::size_t value_size);
  /// Shortens the value of the field added last to its first `value_size` bytes.
  void shrink_last(std::size_t value_size);

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  /// The views live until the next add() or clear().
  HeaderField operator[](std::size_t index) const {
    const Entry& entry = entries_[index];
    const char* text = arena_.data() + entry.offset;
    return {{text, entry.name_size}, {text + entry.name_size, entry.value_size}};
  }
  /// Value of the first field named `name` (exact bytes); a null view when there is none.
  std::string_view find(std::string_view name) const;
  /// Sum of name + value + 32.
  std::size_t list_bytes() const { return list_bytes_; }

  /// Forgets all but the first `size` fields.
  void truncate(std::size_t size);
  /// Empties it; keeps memory up to a bound, so that pooled blocks stay small.
  void clear();

 private:
  struct Entry {
    std::uint32_t offset;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };
  static constexpr std::size_t kKeepBytes = 4096;
  static constexpr std::size_t kKeepEntries = 64;

  std::vector<char> arena_;
  std::vector<Entry> entries_;
  std::size_t list_bytes_ = 0;
};

}  // namespace hawser::http2
