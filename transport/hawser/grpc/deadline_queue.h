// Deadlines of one connection's calls, earliest first.
#pragma once

#include "hawser/base/clock.h"
#include "hawser/base/indexed_heap.h"

namespace hawser::grpc {

/// A call derives from it. Neither owns the other.
struct DeadlineEntry : HeapNode {
  Instant deadline = kNever;
};

class DeadlineQueue final {
 public:
  /// Calls without a deadline are not kept.
  void add(DeadlineEntry& entry) {
    if (entry.deadline != kNever) heap_.insert(entry);
  }
  void remove(DeadlineEntry& entry) {
    if (entry.in_heap()) heap_.remove(entry);
  }
  Instant next() const { return heap_.empty() ? kNever : heap_.top().deadline; }
  /// Takes out and returns one entry due at `now`; nullptr when there is none.
  DeadlineEntry* pop_due(Instant now) {
    return heap_.empty() || heap_.top().deadline > now ? nullptr : &heap_.pop();
  }

 private:
  IndexedHeap<DeadlineEntry, &DeadlineEntry::deadline> heap_;
};

}  // namespace hawser::grpc
