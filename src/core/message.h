// One outgoing message, encoded and framed once for every receiver, and queued by reference.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry {

class SharedForms;

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
  bool apart = false;             ///< whether it leaves in a write of its own, and what follows a while later
  bool compress = true;           ///< whether it may be compressed, over WebSocket or in a polling answer
  /// A newer message of this key makes it needless while it waits (`MessageQueue`). Empty: never.
  std::string key;
  std::shared_ptr<SharedForms> forms;  ///< where several shards send it: its other forms; else null

  std::string_view view(Part part) const { return std::string_view(frames).substr(part.offset, part.size); }
};

/// Encoded once and posted to several shards.
using SharedMessage = std::shared_ptr<const Encoded>;

/// How many forms a message may have beside its own: one for each way to compress it, and one for clients of
/// Engine.IO 3, last.
inline constexpr std::size_t kFormCount = 4;
inline constexpr std::size_t kVersion3Form = kFormCount - 1;
/// Makes a form of a message; without frames where the message itself is better.
using MakeForm = std::function<Encoded(const Encoded&)>;

/// The other forms of a message that several shards send. Each is made once, by the first shard that asks;
/// others that ask meanwhile wait for it.
class SharedForms {
 public:
  virtual ~SharedForms() = default;
  virtual SharedMessage get(std::size_t index, const Encoded& message, const MakeForm& make) = 0;
};

/// A counted reference to a message, for one shard: the count is plain, so that queueing a broadcast for a
/// thousand connections touches no memory that another core writes. Never leaves its shard.
class MessageRef {
 public:
  MessageRef() = default;
  /// A message for one receiver.
  explicit MessageRef(Encoded own) : node_(new Node{1, std::move(own), nullptr, nullptr}) {}
  /// This shard's reference to a message that other shards send too.
  explicit MessageRef(SharedMessage shared) : node_(new Node{1, {}, std::move(shared), nullptr}) {}
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
  explicit operator bool() const { return node_ != nullptr; }
  std::size_t size() const { return (**this).frames.size(); }

  /// The message in another form, which is made when it is asked for first; itself where that is better.
  MessageRef form(std::size_t index, const MakeForm& make) const {
    if (node_->forms == nullptr) node_->forms = std::make_unique<std::array<MessageRef, kFormCount>>();
    MessageRef& form = (*node_->forms)[index];
    if (!form) {
      const Encoded& message = **this;
      form = message.forms != nullptr ? MessageRef(message.forms->get(index, message, make))
                                      : MessageRef(make(message));
    }
    return form->frames.empty() ? *this : form;
  }

 private:
  struct Node {
    std::size_t count;
    Encoded own;
    SharedMessage shared;  // set: `own` is empty
    std::unique_ptr<std::array<MessageRef, kFormCount>> forms;
  };
  Node* node_ = nullptr;
};

}  // namespace belfry
