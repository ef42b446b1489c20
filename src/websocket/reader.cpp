#include "websocket/reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "websocket/mask.h"

namespace belfry::websocket {
namespace {

constexpr std::size_t kMaxHeaderBytes = 14;

std::uint64_t read_big_endian(const char* from, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(from[i]);
  return value;
}

bool is_control(Opcode op) {
  return static_cast<unsigned>(op) >= 8;
}

bool is_known(unsigned opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

/// Whether a client may send this code: those of the protocol and its registry, of libraries and of
/// applications.
bool is_sendable(std::uint64_t code) {
  constexpr std::uint64_t kReserved = 1004, kNoStatus = 1005, kAbnormal = 1006;
  if (code == kReserved || code == kNoStatus || code == kAbnormal) return false;
  return (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/// What a message of at most `plain` bytes may have compressed: what cannot be compressed grows a little, by
/// an eighth where a sender does it badly.
std::size_t max_compressed(std::size_t plain) {
  return plain + plain / 8 + 64;
}

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace

struct Reader::Header {
  Opcode op = Opcode::continuation;
  bool final = false;
  bool compressed = false;  // of the first frame of a message
  std::size_t payload = 0;
  MaskKey key{};
  std::size_t size = 0;  // of the header itself
};

struct Reader::Pending {
  std::array<char, kMaxHeaderBytes> head;  // of a frame whose header is incomplete
  std::size_t head_size = 0;

  std::optional<Header> frame;  // whose payload is incomplete
  std::size_t frame_done = 0;   // how much of it has come
  std::array<char, kMaxControlBytes> control;

  Opcode message_op = Opcode::continuation;  // of the message under way, `continuation` if there is none
  bool message_compressed = false;
  std::string message;

  bool in_message() const { return message_op != Opcode::continuation; }
  bool empty() const { return head_size == 0 && !frame && !in_message(); }
};

/// One feed: walks through the bytes. Each function returns false when reading has ended, with `failure_` set
/// if it was the client's fault.
class Reader::Step {
 public:
  Step(Reader& reader, Sink& sink, Inflater* inflater, std::span<char> bytes)
      : reader_(reader), sink_(sink), inflater_(inflater), rest_(bytes) {}

  std::expected<std::size_t, CloseCode> run() {
    const std::size_t size = rest_.size();
    while (!rest_.empty() && !enough_) {
      if (!(pending() && pending()->frame ? resume_frame() : begin_frame())) {
        reader_.stopped_ = true;
        reader_.pending_.reset();
        break;
      }
    }
    if (pending() && pending()->empty()) reader_.pending_.reset();
    if (failure_) return std::unexpected(*failure_);
    return reader_.stopped_ ? size : size - rest_.size();
  }

 private:
  Pending* pending() const { return reader_.pending_.get(); }

  Pending& need_pending() {
    if (!reader_.pending_) reader_.pending_ = std::make_unique<Pending>();
    return *reader_.pending_;
  }

  bool fail(CloseCode code) {
    failure_ = code;
    return false;
  }

  std::span<char> take(std::size_t size) {
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  bool begin_frame() {
    const std::size_t kept = pending() ? pending()->head_size : 0;
    std::optional<Header> header;
    if (kept == 0) {
      if (!read_header({rest_.data(), rest_.size()}, header)) return false;
      if (!header) return keep_head();
      take(header->size);
    } else {
      auto joined = pending()->head;
      const std::size_t added = std::min(rest_.size(), kMaxHeaderBytes - kept);
      std::memcpy(joined.data() + kept, rest_.data(), added);
      if (!read_header({joined.data(), kept + added}, header)) return false;
      if (!header) return keep_head();
      take(header->size - kept);
      pending()->head_size = 0;
    }
    if (header->final && header->payload <= rest_.size()) {
      const auto payload = take(header->payload);
      apply_mask(payload.data(), payload.size(), header->key, 0);
      return finish_frame(*header, {payload.data(), payload.size()});
    }
    return start_gathering(*header);
  }

  /// Keeps the rest, which is the beginning of a header.
  bool keep_head() {
    Pending& kept = need_pending();
    const auto part = take(rest_.size());
    std::memcpy(kept.head.data() + kept.head_size, part.data(), part.size());
    kept.head_size += part.size();
    return true;
  }

  /// Reads a header as far as it has come, so that a violation is seen at its first byte. No header: more is
  /// needed.
  bool read_header(std::string_view bytes, std::optional<Header>& header) {
    Header read;
    const auto first = static_cast<unsigned char>(bytes[0]);
    const unsigned opcode = first & 0x0f;
    if ((first & 0x30) != 0 || !is_known(opcode)) return fail(CloseCode::protocol_error);
    read.op = static_cast<Opcode>(opcode);
    read.final = (first & 0x80) != 0;
    read.compressed = (first & 0x40) != 0;
    if (read.compressed && (inflater_ == nullptr || is_control(read.op) || read.op == Opcode::continuation)) {
      return fail(CloseCode::protocol_error);
    }
    const bool in_message = pending() && pending()->in_message();
    if (is_control(read.op) ? !read.final : in_message != (read.op == Opcode::continuation)) {
      return fail(CloseCode::protocol_error);
    }
    if (bytes.size() < 2) return true;

    const auto second = static_cast<unsigned char>(bytes[1]);
    const unsigned short_length = second & 0x7f;
    if ((second & 0x80) == 0) return fail(CloseCode::protocol_error);
    if (is_control(read.op) && short_length > kMaxControlBytes) return fail(CloseCode::protocol_error);
    const int length_bytes = short_length < 126 ? 0 : short_length == 126 ? 2 : 8;
    const std::size_t before_key = 2 + static_cast<std::size_t>(length_bytes);
    if (bytes.size() < before_key) return true;
    const std::uint64_t length = length_bytes == 0 ? short_length : read_big_endian(&bytes[2], length_bytes);
    if (!check_length(read, length, length_bytes)) return false;
    read.payload = static_cast<std::size_t>(length);
    read.size = before_key + read.key.size();
    if (bytes.size() < read.size) return true;

    std::memcpy(read.key.data(), &bytes[before_key], read.key.size());
    header = read;
    return true;
  }

  /// Lengths are in their shortest form, and a message within its bound, even if it is only announced.
  bool check_length(const Header& header, std::uint64_t length, int length_bytes) {
    if (length_bytes == 2 && length < 126) return fail(CloseCode::protocol_error);
    if (length_bytes == 8 && (length <= 0xffff || length >> 63 != 0)) return fail(CloseCode::protocol_error);
    if (is_control(header.op)) return true;
    const bool going_on = header.op == Opcode::continuation;
    const bool compressed = going_on ? pending()->message_compressed : header.compressed;
    const std::size_t before = going_on ? pending()->message.size() : 0;
    const std::size_t bound =
        compressed ? max_compressed(reader_.max_message_bytes_) : reader_.max_message_bytes_;
    return length <= bound - before || fail(CloseCode::too_big);
  }

  bool start_gathering(const Header& header) {
    Pending& state = need_pending();
    if (!is_control(header.op) && header.op != Opcode::continuation) {
      state.message_op = header.op;
      state.message_compressed = header.compressed;
    }
    state.frame = header;
    state.frame_done = 0;
    return resume_frame();
  }

  /// Takes what has come of the frame under way, and finishes it when it is whole.
  bool resume_frame() {
    Pending& state = *pending();
    const Header header = *state.frame;
    const auto part = take(std::min(rest_.size(), header.payload - state.frame_done));
    apply_mask(part.data(), part.size(), header.key, state.frame_done);
    if (!is_control(header.op)) {
      state.message.append(part.data(), part.size());
    } else if (!part.empty()) {
      std::memcpy(state.control.data() + state.frame_done, part.data(), part.size());
    }
    state.frame_done += part.size();
    if (state.frame_done < header.payload) return true;
    state.frame.reset();
    if (is_control(header.op)) return on_control(header.op, {state.control.data(), header.payload});
    return !header.final || finish_message({});
  }

  /// A final frame that came whole: `payload` is not in the message yet.
  bool finish_frame(const Header& header, std::string_view payload) {
    if (is_control(header.op)) return on_control(header.op, payload);
    if (header.op == Opcode::continuation) return finish_message(payload);
    return deliver(header.op, payload, header.compressed);
  }

  bool finish_message(std::string_view last_part) {
    std::string message = std::exchange(pending()->message, {});
    const Opcode op = std::exchange(pending()->message_op, Opcode::continuation);
    message += last_part;
    return deliver(op, message, pending()->message_compressed);
  }

  bool deliver(Opcode op, std::string_view payload, bool compressed) {
    if (!compressed) return hand_out(op, payload);
    const auto inflated = inflater_->inflate(payload, reader_.max_message_bytes_);
    if (!inflated) return fail(inflated.error());
    const bool goes_on = hand_out(op, *inflated);
    inflater_->let_go();
    enough_ = goes_on && !sink_.may_inflate();
    return goes_on;
  }

  bool hand_out(Opcode op, std::string_view payload) {
    if (op == Opcode::text && !is_utf8(payload)) return fail(CloseCode::invalid_data);
    return sink_.on_message(op, payload);
  }

  bool on_control(Opcode op, std::string_view payload) {
    if (op == Opcode::ping) return sink_.on_ping(payload);
    if (op == Opcode::pong) return sink_.on_pong(payload);
    if (payload.empty()) {
      sink_.on_close(kNoCloseCode, {});
      return false;
    }
    if (payload.size() == 1) return fail(CloseCode::protocol_error);
    const std::uint64_t code = read_big_endian(payload.data(), 2);
    const auto reason = payload.substr(2);
    if (!is_sendable(code)) return fail(CloseCode::protocol_error);
    if (!is_utf8(reason)) return fail(CloseCode::invalid_data);
    sink_.on_close(static_cast<std::uint16_t>(code), reason);
    return false;
  }

  Reader& reader_;
  Sink& sink_;
  Inflater* const inflater_;  // null: nothing may be compressed
  std::span<char> rest_;
  bool enough_ = false;  // no more is to be inflated now
  std::optional<CloseCode> failure_;
};

Reader::Reader(std::size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {
  static_assert(sizeof(Reader) <= 24, "a waiting connection holds one");
}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

std::expected<std::size_t, CloseCode> Reader::feed(std::span<char> bytes, Sink& sink, Inflater* inflater) {
  if (stopped_) return bytes.size();
  return Step(*this, sink, inflater, bytes).run();
}

}  // namespace belfry::websocket
