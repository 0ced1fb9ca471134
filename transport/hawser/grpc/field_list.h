// Header fields about to be submitted: a handful on the stack, more on the heap. Views only: what they show
// must outlive the frame (http2::HeaderField).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "hawser/http2/header_block.h"
#include "hawser/http2/types.h"

namespace hawser::grpc {

class FieldList final {
 public:
  void add(http2::HeaderField field) {
    if (many_.empty() && size_ < few_.size()) {
      few_[size_++] = field;
      return;
    }
    if (many_.empty()) many_.assign(few_.begin(), few_.end());
    many_.push_back(field);
  }
  void add(const http2::HeaderBlock& block) {
    for (std::size_t i = 0; i < block.size(); ++i) add(block[i]);
  }
  /// As SETTINGS_MAX_HEADER_LIST_SIZE counts: name + value + 32 each (RFC 9113 6.5.2).
  std::size_t list_bytes() const {
    std::size_t bytes = 0;
    for (const http2::HeaderField& field : view()) {
      bytes += field.name.size() + field.value.size() + http2::HeaderBlock::kFieldOverhead;
    }
    return bytes;
  }
  std::span<const http2::HeaderField> view() const {
    if (!many_.empty()) return many_;
    return {few_.data(), size_};
  }

 private:
  std::array<http2::HeaderField, 12> few_;
  std::size_t size_ = 0;
  std::vector<http2::HeaderField> many_;
};

}  // namespace hawser::grpc
