// What waits to be sent to one client, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/message.h"

namespace belfry {

/// Messages, and packets without data that are one character. Of the messages with one key only the newest
/// stays, last, as it came: so what a client gets is what was sent, in that order, without the messages that
/// a newer one has made needless. What has begun to leave stays. One thread; whoever has it bounds it by
/// `bytes`.
class MessageQueue {
 public:
  struct Item {
    MessageRef message;  // none: a packet, or an item that is needless by now
    char packet = 0;

    bool needless() const { return !message && packet == 0; }
    std::size_t size() const { return message ? message.size() : 1; }
  };

  bool empty() const { return items_.empty(); }
  /// What is still to be sent; a packet counts one.
  std::size_t bytes() const { return bytes_; }

  /// Whether a packet of that character is last.
  bool ends_with(char packet) const { return !empty() && items_.back().packet == packet; }

  /// Puts a message last; whether one of its key went.
  bool push(MessageRef message);
  void push_packet(char packet);
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = head_; i < items_.size(); ++i) {
      if (!items_[i].needless()) visit(items_[i]);
    }
  }
  void clear();

  // For what sends the frames of messages. There are no packets then, and the queue is not empty.

  /// Whether the first message leaves in a write of its own.
  bool first_is_apart() const { return items_[head_].message->apart; }
  /// The bytes that are to leave next: the rest of the first message if it is large, alone or apart, else as
  /// many messages as fit into `room`, joined there.
  std::string_view front(char* room, std::size_t room_bytes) const;
  /// They have left.
  void take(std::size_t bytes);
  /// Takes messages out until they have `bytes` or none is left, and says in `offset` what of the first has
  /// left already.
  std::vector<MessageRef> take_out(std::size_t bytes, std::size_t& offset);
  /// Drops all but a message that has begun to leave; returns how many bytes that were.
  std::size_t discard();

 private:
  using Index = std::unordered_map<std::string_view, std::size_t>;

  static constexpr std::size_t kNowhere = ~std::size_t{0};
  std::size_t find(std::string_view key);
  void pop();
  void trim();
  void build_index();

  std::vector<Item> items_;  // from head_ on; neither the first nor the last of these is needless
  std::size_t head_ = 0;
  std::size_t needless_ = 0;  // items after the head that are
  std::size_t offset_ = 0;    // what has left of the first message
  std::size_t bytes_ = 0;
  std::unique_ptr<Index> index_;  // of the keys, where many items wait
};

}  // namespace belfry
