// Reads the frames of a WebSocket client (RFC 6455, server side; RFC 7692 where it was agreed) and hands out
// whole messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string_view>

#include "websocket/deflate.h"
#include "websocket/frame.h"

namespace belfry::websocket {

/// Who wants the messages. Called during `Reader::feed`; views are valid during the call only. A false stops
/// the reading for good. None of them may destroy the Reader or feed it.
class Sink {
 public:
  virtual ~Sink() = default;
  /// A whole message, `text` (valid UTF-8) or `binary`.
  virtual bool on_message(Opcode op, std::string_view payload) = 0;
  virtual bool on_ping(std::string_view payload) = 0;
  virtual bool on_pong(std::string_view payload) = 0;
  /// Asked after a compressed message: whether another may be inflated now. False: the reading stops for now.
  virtual bool may_inflate() { return true; }
  /// The client closes, with kNoCloseCode if it gave none. Nothing is read after it, whatever is returned.
  virtual bool on_close(std::uint16_t code, std::string_view reason) = 0;
};

/// The reading half of one WebSocket. Owned by its connection, on that one's thread. Holds heap memory only
/// while a frame or a fragmented message is incomplete: at most twice what has arrived of it, and never for
/// more than `max_message_bytes`, or the little more that such a message may have compressed.
class Reader {
 public:
  explicit Reader(std::size_t max_message_bytes);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  /// Consumes `bytes`, unmasking in place, and says how many: all, unless `may_inflate` was false; the rest
  /// is to be fed again, later. Fails with the close code that the violation asks for. After a failure, a
  /// false from the sink or a close frame, further feeds do nothing. `inflater`: for messages that come
  /// compressed; null: none may. The same or another of its kind each time.
  std::expected<std::size_t, CloseCode> feed(std::span<char> bytes, Sink& sink, Inflater* inflater = nullptr);

 private:
  struct Pending;  // what is incomplete
  struct Header;
  class Step;

  std::size_t max_message_bytes_;
  std::unique_ptr<Pending> pending_;  // null between messages
  bool stopped_ = false;
};

}  // namespace belfry::websocket
