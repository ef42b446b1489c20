// A list through its members: no allocation to put something in, constant time to take it out.
#pragma once

#include <cassert>

namespace belfry {

/// Base of what can be in one IntrusiveList of its tag at a time. Leaves the list when it dies.
template <class Tag>
class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { unlink(); }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (!linked()) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  template <class T, class U>
  friend class IntrusiveList;
  ListHook* prev_ = nullptr;
  ListHook* next_ = nullptr;
};

/// Does not own its members. One thread.
template <class T, class Tag>
class IntrusiveList {
 public:
  IntrusiveList() { head_.prev_ = head_.next_ = &head_; }
  ~IntrusiveList() {
    while (!empty()) head_.next_->unlink();
    head_.prev_ = head_.next_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }
  T& front() {
    assert(!empty());
    return static_cast<T&>(*head_.next_);
  }
  const T& front() const { return static_cast<const T&>(*head_.next_); }
  /// `visit` may take its item out of the list, but no other.
  template <class Visit>
  void for_each(Visit visit) {
    for (ListHook<Tag>* hook = head_.next_; hook != &head_;) {
      ListHook<Tag>* next = hook->next_;
      visit(static_cast<T&>(*hook));
      hook = next;
    }
  }
  /// Puts `item` last, out of wherever it was.
  void push_back(T& item) {
    ListHook<Tag>& hook = item;
    hook.unlink();
    hook.prev_ = head_.prev_;
    hook.next_ = &head_;
    head_.prev_->next_ = &hook;
    head_.prev_ = &hook;
  }

 private:
  ListHook<Tag> head_;
};

}  // namespace belfry
