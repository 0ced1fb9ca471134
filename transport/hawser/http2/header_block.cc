#include "hawser/http2/header_block.h"

#include <cstring>

namespace hawser::http2 {

void HeaderBlock::add(std::string_view name, std::string_view value) {
  char* stored = add_uninitialized(name, value.size());
  if (!value.empty()) std::memcpy(stored, value.data(), value.size());
}

char* HeaderBlock::add_uninitialized(std::string_view name, std::size_t value_size) {
  const std::size_t offset = arena_.size();
  arena_.resize(offset + name.size() + value_size);
  if (!name.empty()) std::memcpy(arena_.data() + offset, name.data(), name.size());
  entries_.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value_size)});
  list_bytes_ += name.size() + value_size + kFieldOverhead;
  return arena_.data() + offset + name.size();
}

void HeaderBlock::shrink_last(std::size_t value_size) {
  Entry& last = entries_.back();
  const std::size_t cut = last.value_size - value_size;
  last.value_size = static_cast<std::uint32_t>(value_size);
  arena_.resize(arena_.size() - cut);
  list_bytes_ -= cut;
}

std::string_view HeaderBlock::find(std::string_view name) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const HeaderField field = (*this)[i];
    if (field.name == name) return field.value;
  }
  return {};
}

void HeaderBlock::truncate(std::size_t size) {
  if (size >= entries_.size()) return;
  for (std::size_t i = size; i < entries_.size(); ++i) {
    list_bytes_ -= std::size_t{entries_[i].name_size} + entries_[i].value_size + kFieldOverhead;
  }
  arena_.resize(entries_[size].offset);
  entries_.resize(size);
}

void HeaderBlock::clear() {
  // By name: `= {}` would assign an empty initializer list, which keeps the capacity.
  if (arena_.capacity() > kKeepBytes) arena_ = std::vector<char>();
  if (entries_.capacity() > kKeepEntries) entries_ = std::vector<Entry>();
  arena_.clear();
  entries_.clear();
  list_bytes_ = 0;
}

}  // namespace hawser::http2
