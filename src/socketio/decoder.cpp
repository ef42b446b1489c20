#include "socketio/decoder.h"

#include <charconv>

#include "socketio/placeholders.h"

namespace belfry::socketio {

namespace {

constexpr std::size_t kKeptBuffer = 64 * 1024;

bool is_binary(PacketType type) {
  return type == PacketType::binary_event || type == PacketType::binary_ack;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes a run of digits; false where it is empty or too large.
bool take_number(std::string_view& rest, std::uint64_t max, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out);
  if (error != std::errc() || out > max) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

}  // namespace

struct Decoder::Head {
  PacketType type = PacketType::event;
  std::size_t attachments = 0;
  std::string_view nsp = "/";
  std::optional<std::uint64_t> id;
};

bool Decoder::read_head(std::string_view& rest, Head& head) {
  if (rest.empty() || rest.front() < '0' || rest.front() > '6') return false;
  head.type = static_cast<PacketType>(rest.front());
  rest.remove_prefix(1);
  if (is_binary(head.type)) {
    std::uint64_t count = 0;
    if (!take_number(rest, kMaxAttachments, count) || rest.empty() || rest.front() != '-') return false;
    head.attachments = static_cast<std::size_t>(count);
    rest.remove_prefix(1);
  }
  if (!rest.empty() && rest.front() == '/') {
    const auto comma = rest.find(',');
    std::string_view nsp = rest.substr(0, comma);
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
    head.nsp = nsp;
  }
  if (!rest.empty() && is_digit(rest.front())) {
    std::uint64_t id = 0;
    if (!take_number(rest, kMaxAckId, id)) return false;
    head.id = id;
  }
  return true;
}

Decoder::Outcome Decoder::read(bool binary, std::string_view data, std::unique_ptr<PartialPacket>& partial,
                               Packet& out) {
  if (parser_ == Parser::msgpack) {
    return binary && msgpack_.read(data, out) ? Outcome::packet : Outcome::invalid;
  }
  return binary ? read_binary(data, partial, out) : read_text(data, partial, out);
}

Decoder::Outcome Decoder::read_text(std::string_view text, std::unique_ptr<PartialPacket>& partial,
                                    Packet& out) {
  if (partial != nullptr)
    return Outcome::invalid;  // its attachments follow their header without anything in between
  std::string_view rest = text;
  Head head;
  if (!read_head(rest, head)) return Outcome::invalid;
  if (head.attachments > 0) {
    partial = std::make_unique<PartialPacket>(PartialPacket{std::string(text), head.attachments, {}});
    return Outcome::partial;
  }
  out.type = head.type;
  out.nsp = nsp_.assign(head.nsp);
  out.id = head.id;
  std::vector<Binary> none;
  return read_payload(rest, is_binary(head.type) ? &none : nullptr, out) ? Outcome::packet : Outcome::invalid;
}

Decoder::Outcome Decoder::read_binary(std::string_view bytes, std::unique_ptr<PartialPacket>& partial,
                                      Packet& out) {
  if (partial == nullptr) return Outcome::invalid;
  partial->attachments.emplace_back(bytes.begin(), bytes.end());
  if (partial->attachments.size() < partial->expected) return Outcome::partial;
  const auto whole = std::move(partial);
  std::string_view rest = whole->header;
  Head head;
  read_head(rest, head);
  out.type = head.type;
  out.nsp = nsp_.assign(head.nsp);
  out.id = head.id;
  return read_payload(rest, &whole->attachments, out) ? Outcome::packet : Outcome::invalid;
}

bool Decoder::read_payload(std::string_view json, std::vector<Binary>* attachments, Packet& out) {
  switch (out.type) {
    case PacketType::connect:
      return read_connect(json, out);
    case PacketType::disconnect:
      return json.empty();
    case PacketType::connect_error:
      return false;  // only a server sends it
    default:
      break;
  }
  const bool event = out.type == PacketType::event || out.type == PacketType::binary_event;
  out.type = event ? PacketType::event : PacketType::ack;
  std::string& text = ArgsBuffer::text(args_);
  if (text.capacity() > kKeptBuffer && json.size() < kKeptBuffer) text = {};
  text.assign(json);
  ArgsBuffer::values(args_).clear();
  if (!scanner_.scan_array(text, ArgsBuffer::spans(args_))) return false;
  if (event && !take_event_name(out)) return false;
  if (attachments != nullptr && !read_binary_args(std::move(*attachments))) return false;
  out.args = &args_;
  return true;
}

bool Decoder::take_event_name(Packet& out) {
  auto& spans = ArgsBuffer::spans(args_);
  if (spans.empty()) return false;
  const std::string_view token = args_.json(0);
  if (token.front() != '"') {
    // A number is a name too; its text is what handlers are known by.
    if (token.front() != '-' && !is_digit(token.front())) return false;
    event_.assign(token);
  } else if (token.find('\\') == token.npos) {
    event_.assign(token.substr(1, token.size() - 2));
  } else {
    event_ = args_.at(0).get<std::string>();
  }
  spans.erase(spans.begin());
  out.event = event_;
  return !is_reserved_event(out.event);
}

bool Decoder::read_binary_args(std::vector<Binary> attachments) {
  std::vector<Value> values = args_.values();
  Placeholders placeholders(std::move(attachments));
  for (Value& value : values) {
    if (!placeholders.fill(value)) return false;
  }
  ArgsBuffer::values(args_) = std::move(values);
  return placeholders.all_used();
}

bool Decoder::read_connect(std::string_view json, Packet& out) {
  if (out.id) return false;
  out.auth = Value::object();
  if (json.empty()) return true;
  // One reader decides what JSON is: an array of the one payload.
  std::string text = "[";
  text.append(json).append("]");
  std::vector<Args::Span> spans;
  if (!scanner_.scan_array(text, spans) || spans.size() != 1 || text[spans[0].offset] != '{') return false;
  out.auth = Value::parse(json, nullptr, false);
  return out.auth.is_object();
}

}  // namespace belfry::socketio
