#include "websocket/deflate.h"

#include <zlib.h>

#include <algorithm>

namespace belfry::websocket {

namespace {

// What a sender takes off the end of each message (RFC 7692, 7.2.1).
constexpr std::string_view kTail{"\x00\x00\xff\xff", 4};
// The state of a stream beside its window and tables, roughly.
constexpr std::size_t kStateBytes = 8 * 1024;
// A message's buffer that is larger is given back after it.
constexpr std::size_t kKeptBufferBytes = 64 * 1024;
constexpr std::size_t kFirstBufferBytes = 4 * 1024;

void set_input(z_stream& stream, std::string_view bytes) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
}

}  // namespace

// ---- compressing ----

std::size_t DeflateSettings::memory_bytes() const {
  return (std::size_t{1} << (window_bits + 2)) + (std::size_t{1} << (memory_level + 9)) + kStateBytes;
}

void Deflater::End::operator()(z_stream_s* stream) const {
  deflateEnd(stream);
  delete stream;
}

Deflater::Deflater(const DeflateSettings& settings) : settings_(settings) {}
Deflater::~Deflater() = default;

bool Deflater::compress(std::string_view payload, std::string& out) {
  if (failed_) return false;
  if (stream_ == nullptr) {
    auto stream = std::make_unique<z_stream>();
    if (deflateInit2(stream.get(), settings_.level, Z_DEFLATED, -settings_.window_bits,
                     settings_.memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
      return false;
    }
    stream_.reset(stream.release());
  }
  const std::size_t before = out.size();
  // What a flush adds is not in zlib's bound.
  const std::size_t bound = deflateBound(stream_.get(), static_cast<uLong>(payload.size())) + 16;
  out.resize(before + bound);
  set_input(*stream_, payload);
  stream_->next_out = reinterpret_cast<Bytef*>(out.data() + before);
  stream_->avail_out = static_cast<uInt>(bound);
  const int status = deflate(stream_.get(), Z_SYNC_FLUSH);
  const bool done = status == Z_OK && stream_->avail_in == 0 && stream_->avail_out > 0;
  out.resize(done ? before + bound - stream_->avail_out - kTail.size() : before);
  if (!settings_.keep_context) deflateReset(stream_.get());
  failed_ = !done;
  return done;
}

// ---- and back ----

void Inflater::End::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

Inflater::Inflater(bool keep_context, int window_bits)
    : keep_context_(keep_context), window_bits_(window_bits) {}
Inflater::~Inflater() = default;

std::size_t Inflater::memory_bytes(int window_bits) {
  return (std::size_t{1} << window_bits) + kStateBytes;
}

bool Inflater::start() {
  if (stream_ == nullptr) {
    auto stream = std::make_unique<z_stream>();
    if (inflateInit2(stream.get(), -window_bits_) != Z_OK) return false;
    stream_.reset(stream.release());
  } else if (!keep_context_) {
    inflateReset(stream_.get());
  } else if (final_seen_) {
    inflateResetKeep(stream_.get());
  }
  message_.resize(std::max(message_.capacity(), kFirstBufferBytes));
  size_ = 0;
  final_seen_ = false;
  return true;
}

std::expected<std::string_view, CloseCode> Inflater::inflate(std::string_view compressed,
                                                             std::size_t max_bytes) {
  if (!start()) return std::unexpected(CloseCode::internal);
  if (const auto fed = feed(compressed, Z_SYNC_FLUSH, max_bytes); !fed) return std::unexpected(fed.error());
  // A message may end with a last block, without the byte that should stand behind it: `ws` takes it, too.
  if (!final_seen_) {
    if (const auto fed = feed(kTail, Z_BLOCK, max_bytes); !fed) return std::unexpected(fed.error());
    // Not between two blocks: the message was cut, and its tail was taken for data.
    constexpr int kBetweenBlocks = 128;
    const bool whole = final_seen_ || (stream_->data_type & kBetweenBlocks) != 0;
    if (!whole) return std::unexpected(CloseCode::invalid_data);
  }
  return std::string_view(message_).substr(0, size_);
}

void Inflater::let_go() {
  if (message_.capacity() > kKeptBufferBytes) message_ = {};
}

// Inflates all of `bytes`. A last block may have others behind it (RFC 7692, 7.2.3.5); they still refer to
// what was before.
std::expected<void, CloseCode> Inflater::feed(std::string_view bytes, int flush, std::size_t max_bytes) {
  z_stream& stream = *stream_;
  set_input(stream, bytes);
  for (;;) {
    if (size_ == message_.size()) message_.resize(2 * message_.size());
    const std::size_t room = std::min(message_.size(), max_bytes + 1) - size_;
    stream.next_out = reinterpret_cast<Bytef*>(message_.data() + size_);
    stream.avail_out = static_cast<uInt>(room);
    if (final_seen_ && stream.avail_in > 0) {
      final_seen_ = false;
      inflateResetKeep(&stream);
    }
    const int status = ::inflate(&stream, flush);
    size_ += room - stream.avail_out;
    if (size_ > max_bytes) return std::unexpected(CloseCode::too_big);
    if (status == Z_MEM_ERROR) return std::unexpected(CloseCode::internal);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return std::unexpected(CloseCode::invalid_data);
    }
    final_seen_ = status == Z_STREAM_END;
    if (stream.avail_in == 0 && (stream.avail_out > 0 || final_seen_)) return {};
    if (status == Z_BUF_ERROR && stream.avail_out > 0) return std::unexpected(CloseCode::invalid_data);
  }
}

}  // namespace belfry::websocket
