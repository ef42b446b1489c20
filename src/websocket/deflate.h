// Compression of message payloads (RFC 7692, section 7.2): raw DEFLATE without its last four bytes.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "websocket/frame.h"

struct z_stream_s;

namespace belfry::websocket {

/// The windows that zlib can be held to when it compresses, and those that a peer may name.
inline constexpr int kMinWindowBits = 9;
inline constexpr int kMaxWindowBits = 15;

struct DeflateSettings {
  int window_bits = kMaxWindowBits;  ///< kMinWindowBits to kMaxWindowBits
  int memory_level = 8;              ///< zlib's, 1 to 9
  int level = 6;                     ///< zlib's, 1 (fast) to 9 (small)
  bool keep_context = false;         ///< later messages may refer to earlier ones

  /// What a Deflater with these holds.
  std::size_t memory_bytes() const;
};

/// Compresses one message after the other. One thread. Its memory is taken at the first message.
class Deflater {
 public:
  explicit Deflater(const DeflateSettings& settings);
  ~Deflater();

  /// Appends the compressed payload, which is not empty. False: no memory, or zlib has failed; `out` is as it
  /// was and the Deflater is of no more use.
  bool compress(std::string_view payload, std::string& out);

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  const DeflateSettings settings_;
  std::unique_ptr<z_stream_s, End> stream_;
  bool failed_ = false;
};

/// Gives back what a peer has compressed. One thread. Its memory is taken at the first message.
class Inflater {
 public:
  /// `window_bits`: the largest window that the peer may use, 8 to kMaxWindowBits.
  explicit Inflater(bool keep_context, int window_bits = kMaxWindowBits);
  ~Inflater();

  /// What an Inflater holds beside the message that it gave last.
  static std::size_t memory_bytes(int window_bits);

  /// The message, good until the next call. Fails with `too_big` as soon as it has more than `max_bytes`, so
  /// that a small message that grows without end costs no more than the largest one; with `invalid_data`
  /// where it is none; with `internal` where there is no memory. Of no more use after a failure, unless it
  /// keeps no context.
  std::expected<std::string_view, CloseCode> inflate(std::string_view compressed, std::size_t max_bytes);
  /// Gives back what the last message has taken, where that was much.
  void let_go();

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  bool start();
  std::expected<void, CloseCode> feed(std::string_view bytes, int flush, std::size_t max_bytes);

  const bool keep_context_;
  const int window_bits_;
  std::unique_ptr<z_stream_s, End> stream_;
  std::string message_;
  std::size_t size_ = 0;     // of the message in `message_`, which has room for more
  bool final_seen_ = false;  // what was read last is a block that says that it is the last
};

}  // namespace belfry::websocket
