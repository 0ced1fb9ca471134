// Reused objects of calls, with the record of each: a reactor lives for one call, its memory for many.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "src/access/call_record.h"

namespace hawser::signing {

/// One thread at a time.
template <class Call>
class CallPool final {
 public:
  /// `record` keeps the memory of its strings.
  struct Node {
    access::CallRecord record;
    std::optional<Call> call;
  };

  /// Owned by itself until release().
  Node& acquire() {
    if (free_.empty()) return *std::make_unique<Node>().release();
    Node& node = *free_.back().release();
    free_.pop_back();
    return node;
  }
  void release(Node& node) {
    std::unique_ptr<Node> owned(&node);
    owned->call.reset();
    if (free_.size() < kKept) free_.push_back(std::move(owned));
  }

 private:
  static constexpr std::size_t kKept = 1024;
  std::vector<std::unique_ptr<Node>> free_;
};

}  // namespace hawser::signing
