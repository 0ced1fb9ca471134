// A binary min-heap whose elements know their place: O(log n) insert and remove of any element, no
// allocation once the array has its size. Elements are not owned.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace hawser {

class HeapNode {
 public:
  HeapNode() = default;
  HeapNode(const HeapNode&) = delete;
  HeapNode& operator=(const HeapNode&) = delete;
  bool in_heap() const { return position_ != kNowhere; }

 private:
  template <class T, auto kKey>
  friend class IndexedHeap;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  std::size_t position_ = kNowhere;
};

/// T derives from HeapNode; kKey is a pointer to the member to sort by, which must not change while the
/// element is in the heap.
template <class T, auto kKey>
class IndexedHeap {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  /// Precondition of both: not empty.
  T& top() const { return *heap_.front(); }
  T& pop() {
    T& element = top();
    remove(element);
    return element;
  }
  /// Precondition: `element` is in no heap.
  void insert(T& element) {
    heap_.push_back(nullptr);
    sift_up(heap_.size() - 1, &element);
  }
  /// Precondition: `element` is in this heap.
  void remove(T& element) {
    const std::size_t hole = node(&element).position_;
    node(&element).position_ = HeapNode::kNowhere;
    T* last = heap_.back();
    heap_.pop_back();
    if (last == &element) return;
    if (hole > 0 && key(last) < key(heap_[(hole - 1) / 2])) {
      sift_up(hole, last);
    } else {
      sift_down(hole, last);
    }
  }

 private:
  static HeapNode& node(T* element) { return *element; }
  static const auto& key(const T* element) { return element->*kKey; }
  void place(std::size_t position, T* element) {
    heap_[position] = element;
    node(element).position_ = position;
  }
  void sift_up(std::size_t position, T* element) {
    while (position > 0) {
      const std::size_t parent = (position - 1) / 2;
      if (!(key(element) < key(heap_[parent]))) break;
      place(position, heap_[parent]);
      position = parent;
    }
    place(position, element);
  }
  void sift_down(std::size_t position, T* element) {
    for (;;) {
      std::size_t child = 2 * position + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && key(heap_[child + 1]) < key(heap_[child])) ++child;
      if (!(key(heap_[child]) < key(element))) break;
      place(position, heap_[child]);
      position = child;
    }
    place(position, element);
  }

  std::vector<T*> heap_;
};

}  // namespace hawser
