// A doubly linked list whose links live in the elements: no allocation, O(1) removal by the element.
//
// The list does not own its elements. An element is in at most one list at a time; destroying a linked
// element unlinks it, so a callback may destroy a neighbour while its list is being worked off.
#pragma once

namespace hawser {

class ListLink {
 public:
  ListLink() = default;
  ListLink(const ListLink&) = delete;
  ListLink& operator=(const ListLink&) = delete;
  ~ListLink() { unlink(); }

  bool is_linked() const { return next_ != this; }
  void unlink() {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }

 private:
  template <class T>
  friend class IntrusiveList;

  ListLink* previous_ = this;
  ListLink* next_ = this;
};

/// T derives from ListLink.
template <class T>
class IntrusiveList {
 public:
  IntrusiveList() = default;
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (!empty()) head_.next_->unlink();
  }

  bool empty() const { return !head_.is_linked(); }
  T& front() { return static_cast<T&>(*head_.next_); }
  const T& front() const { return static_cast<const T&>(*head_.next_); }

  /// Precondition: `element` is in no list.
  void push_back(T& element) {
    ListLink& link = element;
    link.previous_ = head_.previous_;
    link.next_ = &head_;
    head_.previous_->next_ = &link;
    head_.previous_ = &link;
  }
  T& pop_front() {
    T& element = front();
    static_cast<ListLink&>(element).unlink();
    return element;
  }
  /// Moves every element of `other` to the end of this list.
  void take_all(IntrusiveList& other) {
    while (!other.empty()) push_back(other.pop_front());
  }
  /// Calls `visit(element)` for each element; `visit` may unlink or destroy that element, no other.
  template <class Visit>
  void for_each(Visit visit) {
    for (ListLink* link = head_.next_; link != &head_;) {
      ListLink* next = link->next_;
      visit(static_cast<T&>(*link));
      link = next;
    }
  }

 private:
  ListLink head_;
};

}  // namespace hawser
