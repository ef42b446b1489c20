// One outgoing message, encoded and framed once for every receiver, and queued by reference.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry {

/// A message as WebSocket frames, with the places of its payloads, so that polling sends the same bytes.
/// Immutable once built: any thread may read it.
struct Encoded {
  struct Part {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };

  std::string
      frames;  ///< ready to be sent over a WebSocket: the text frame, then a binary frame per attachment
  Part text;   ///< the Engine.IO packet inside the text frame, its type included; size 0: there is none
  std::vector<Part> attachments;  ///< the payloads of the binary frames
  bool compress = true;           ///< whether a polling answer that carries it may be compressed

  std::string_view view(Part part) const { return std::string_view(frames).substr(part.offset, part.size); }
};

/// Encoded once and posted to several shards.
using SharedMessage = std::shared_ptr<const Encoded>;

/// A counted reference to a message, for one shard: the count is plain, so that queueing a broadcast for a
/// thousand connections touches no memory that another core writes. Never leaves its shard.
class MessageRef {
 public:
  MessageRef() = default;
  /// A message for one receiver.
  explicit MessageRef(Encoded own) : node_(new Node{1, std::move(own), nullptr}) {}
  /// This shard's reference to a message that other shards send too.
  explicit MessageRef(SharedMessage shared) : node_(new Node{1, {}, std::move(shared)}) {}
  MessageRef(const MessageRef& other) : node_(other.node_) {
    if (node_ != nullptr) ++node_->count;
  }
  MessageRef(MessageRef&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  MessageRef& operator=(MessageRef other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~MessageRef() {
    if (node_ != nullptr && --node_->count == 0) delete node_;
  }

  const Encoded& operator*() const { return node_->shared ? *node_->shared : node_->own; }
  const Encoded* operator->() const { return &**this; }
  /// The same message in the form that `make(const Encoded&)` gives it; made once for all that ask here.
  template <class Make>
  const MessageRef& variant(Make make) const {
    if (node_->variant == nullptr) node_->variant = std::make_unique<MessageRef>(make(**this));
    return *node_->variant;
  }
  explicit operator bool() const { return node_ != nullptr; }
  std::size_t size() const { return (**this).frames.size(); }

 private:
  struct Node {
    std::size_t count;
    Encoded own;
    SharedMessage shared;                      // set: `own` is empty
    std::unique_ptr<MessageRef> variant = {};  // for the few receivers that need another form
  };
  Node* node_ = nullptr;
};

}  // namespace belfry
