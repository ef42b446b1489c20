#include "core/message_queue.h"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

// A queue that has held more gives its memory back when it is empty.
constexpr std::size_t kKeptItems = 16;
// In fewer items a key is looked for one by one.
constexpr std::size_t kScannedItems = 16;
// Fewer places of what has gone are not worth closing up.
constexpr std::size_t kIdlePlaces = 64;

}  // namespace

bool MessageQueue::push(MessageRef message) {
  const std::string_view key = message->key;
  bool replaces = false;
  if (!key.empty()) {
    const std::size_t at = find(key);
    replaces = at != kNowhere && !(at == head_ && offset_ > 0);
    if (index_ != nullptr) index_->erase(key);
    if (replaces) {
      bytes_ -= items_[at].size();
      items_[at] = {};
      ++needless_;
    }
  }
  bytes_ += message.size();
  items_.push_back({std::move(message), 0});
  if (index_ != nullptr && !key.empty()) index_->emplace(key, items_.size() - 1);
  if (replaces) trim();
  return replaces;
}

void MessageQueue::push_packet(char packet) {
  items_.push_back({{}, packet});
  ++bytes_;
}

std::size_t MessageQueue::find(std::string_view key) {
  if (index_ == nullptr && items_.size() - head_ > kScannedItems) build_index();
  if (index_ != nullptr) {
    const auto found = index_->find(key);
    return found == index_->end() ? kNowhere : found->second;
  }
  for (std::size_t i = items_.size(); i-- > head_;) {
    if (items_[i].message && items_[i].message->key == key) return i;
  }
  return kNowhere;
}

// The newest of a key is the last; one that has begun to leave may still stand before it.
void MessageQueue::build_index() {
  if (index_ == nullptr) index_ = std::make_unique<Index>();
  index_->clear();
  for (std::size_t i = head_; i < items_.size(); ++i) {
    const MessageRef& message = items_[i].message;
    if (!message || message->key.empty()) continue;
    index_->erase(message->key);
    index_->emplace(message->key, i);
  }
}

void MessageQueue::clear() {
  if (items_.capacity() > kKeptItems) {
    items_ = {};
  } else {
    items_.clear();
  }
  index_.reset();
  head_ = needless_ = offset_ = bytes_ = 0;
}

// Takes the first item out, all of which has left.
void MessageQueue::pop() {
  Item& first = items_[head_];
  if (index_ != nullptr && first.message && !first.message->key.empty()) {
    const auto found = index_->find(first.message->key);
    if (found != index_->end() && found->second == head_) index_->erase(found);
  }
  first = {};
  ++head_;
  offset_ = 0;
}

// Keeps a first item that is there, and closes up when half of the places are idle, so that neither what has
// left nor what became needless adds up.
void MessageQueue::trim() {
  while (head_ < items_.size() && items_[head_].needless()) {
    ++head_;
    --needless_;
  }
  if (head_ == items_.size()) return clear();
  const std::size_t idle = head_ + needless_;
  if (idle <= kIdlePlaces || 2 * idle < items_.size()) return;
  std::erase_if(items_, [](const Item& item) { return item.needless(); });
  head_ = needless_ = 0;
  if (index_ != nullptr) build_index();
}

std::string_view MessageQueue::front(char* room, std::size_t room_bytes) const {
  const auto first = std::string_view(items_[head_].message->frames).substr(offset_);
  if (head_ + 1 == items_.size() || first.size() > room_bytes || first_is_apart()) return first;
  std::size_t size = first.copy(room, first.size());
  for (std::size_t i = head_ + 1; i < items_.size(); ++i) {
    if (items_[i].needless()) continue;
    const std::string_view frames = items_[i].message->frames;
    if (size + frames.size() > room_bytes || items_[i].message->apart) break;
    size += frames.copy(room + size, frames.size());
  }
  return {room, size};
}

void MessageQueue::take(std::size_t bytes) {
  bytes_ -= bytes;
  bytes += offset_;
  while (head_ < items_.size() && (items_[head_].needless() || bytes >= items_[head_].size())) {
    if (items_[head_].needless()) {
      ++head_;
      --needless_;
      continue;
    }
    bytes -= items_[head_].size();
    pop();
  }
  offset_ = bytes;
  trim();
}

std::vector<MessageRef> MessageQueue::take_out(std::size_t bytes, std::size_t& offset) {
  std::vector<MessageRef> taken;
  offset = offset_;
  std::size_t size = 0;
  while (!empty() && size < bytes) {
    const std::size_t left = items_[head_].size() - offset_;
    taken.push_back(items_[head_].message);
    size += left;
    take(left);
  }
  return taken;
}

std::size_t MessageQueue::discard() {
  const std::size_t before = bytes_;
  if (offset_ == 0 || empty()) {
    clear();
    return before;
  }
  Item first = items_[head_];
  const std::size_t offset = offset_;
  clear();
  items_.push_back(std::move(first));
  offset_ = offset;
  bytes_ = items_.front().size() - offset;
  return before - bytes_;
}

}  // namespace belfry
