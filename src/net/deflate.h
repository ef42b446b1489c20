// Compression of WebSocket messages (permessage-deflate), as the connections of a shard share it.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/message.h"
#include "net/deflate_budget.h"
#include "net/options.h"
#include "websocket/extension.h"

namespace belfry::net {

class ConnectionDeflate;

/// One a shard, on its thread. Without contexts that are kept, what a connection needs is here: one
/// compressor a window, and one inflater, whose memory is taken when they are first used.
class ShardDeflate {
 public:
  ShardDeflate(const DeflateOptions& options, DeflateBudget& budget) : options_(options), budget_(budget) {}

  struct Accepted {
    std::unique_ptr<ConnectionDeflate> deflate;
    std::string response;  // the value of `Sec-WebSocket-Extensions`
  };
  /// Takes an offer of a client, or none. Contexts are kept only within the server's bounds.
  std::optional<Accepted> accept(std::string_view offers);

 private:
  friend class ConnectionDeflate;
  // The message compressed, for all who have agreed on the window.
  MessageRef shared_form(const MessageRef& message, int window_bits);
  // The frames of the message with what is long enough compressed. Empty: nothing is the better for it,
  // unless it is wanted in any case.
  Encoded compress(const Encoded& message, websocket::Deflater& deflater, bool in_any_case) const;
  websocket::DeflateSettings settings(int window_bits, bool keep_context) const;

  const DeflateOptions options_;
  DeflateBudget& budget_;
  // By window: the largest, then the smaller ones. That is a message's forms, too.
  std::array<std::unique_ptr<websocket::Deflater>, kVersion3Form> deflaters_;
  websocket::Inflater inflater_{false};
};

/// What one connection has agreed on. Owned by its pump; must not outlive its shard's ShardDeflate.
class ConnectionDeflate {
 public:
  ConnectionDeflate(ShardDeflate& shard, const websocket::DeflateAgreement& agreed);
  ~ConnectionDeflate();
  ConnectionDeflate(const ConnectionDeflate&) = delete;
  ConnectionDeflate& operator=(const ConnectionDeflate&) = delete;

  /// The message as it is to be sent: compressed where that is asked for and worth it.
  MessageRef compress(const MessageRef& message);
  /// For what the client sends.
  websocket::Inflater& inflater() { return own_inflater_ != nullptr ? *own_inflater_ : shard_.inflater_; }

 private:
  friend class ShardDeflate;
  ShardDeflate& shard_;
  const int window_bits_;
  std::size_t contexts_ = 0;  // taken from the budget
  std::size_t context_bytes_ = 0;
  std::unique_ptr<websocket::Deflater> own_deflater_;  // null: contexts are not kept
  std::unique_ptr<websocket::Inflater> own_inflater_;
};

}  // namespace belfry::net
