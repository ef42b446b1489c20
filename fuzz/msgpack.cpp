// MessagePack, beside nlohmann-json, and packets of it. Both take the same, but for: extension types, which
// are read as what they mean; text that is not UTF-8, and what is nested too deep, which are refused.
#include "socketio/msgpack.h"

#include "fuzz/packets.h"

namespace belfry {
namespace {

using namespace socketio;
using fuzz::check;
constexpr int kMaxDepth = 20;

template <class Test>
bool any(const Value& value, const Test& test) {
  if (test(value)) return true;
  return value.is_structured() &&
         std::any_of(value.begin(), value.end(), [&test](const Value& item) { return any(item, test); });
}

bool is_utf8(const std::string& text) {
  try {
    (void)Value(text).dump();
    return true;
  } catch (const Value::type_error&) {
    return false;
  }
}

/// Whether nlohmann-json reads it without text that is none, and not too deep; what a second value of the
/// same key replaces counts, too.
class Judge : public nlohmann::json_sax<Value> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& text) override { return is_utf8(text); }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= kMaxDepth; }
  bool key(string_t& text) override { return is_utf8(text); }
  bool end_object() override { return depth_-- > 0; }
  bool start_array(std::size_t) override { return ++depth_ <= kMaxDepth; }
  bool end_array() override { return depth_-- > 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  int depth_ = 0;
};

bool has_extension(const Value& value) {
  return any(value, [](const Value& item) { return item.is_binary() && item.get_binary().has_subtype(); });
}

void compare(std::string_view bytes) {
  Value own;
  Judge judge;
  const bool taken = read_msgpack(bytes, kMaxDepth, own);
  check(taken == Value::sax_parse(bytes, &judge, Value::input_format_t::msgpack), "both take the same");
  if (!taken) return;
  const Value theirs = Value::from_msgpack(bytes, /*strict=*/true, /*allow_exceptions=*/false);
  check(!theirs.is_discarded(), "what is taken is MessagePack");
  if (own.is_discarded()) return check(has_extension(theirs), "`undefined` is an extension");
  const std::string written = write_msgpack(own);
  if (!has_extension(theirs)) check(written == write_msgpack(theirs), "both read the same");
  Value again;
  check(read_msgpack(written, kMaxDepth + 1, again) && write_msgpack(again) == written,
        "what was written is read");
}

void read_packet(std::string_view bytes) {
  static Decoder decoder(Parser::msgpack);
  std::unique_ptr<PartialPacket> partial;
  Packet packet;
  const auto outcome = decoder.read(true, bytes, partial, packet);
  check(outcome != Decoder::Outcome::partial && partial == nullptr, "a packet is one message");
  if (outcome == Decoder::Outcome::invalid) return;
  Value whole;
  check(read_msgpack(bytes, 1'000, whole) && whole["nsp"] == packet.nsp, "a packet names its namespace");
  check(whole["type"] == static_cast<int>(packet.type) - '0', "it is what it says");
  if (packet.type == PacketType::connect)
    return check(packet.auth.is_object(), "a payload of CONNECT is an object");
  if (packet.type == PacketType::disconnect) return;
  check(packet.type == PacketType::event || packet.type == PacketType::ack, "clients send no other");
  // What looks like a placeholder takes the place of binary data when it is sent on.
  const auto looks_so = [](const Value& item) { return item.is_object() && item.contains("_placeholder"); };
  if (!any(whole, looks_so)) fuzz::send_again(packet, Parser::msgpack);
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  if (size > 1'000) return 0;  // nlohmann-json takes stack for each level
  const auto bytes = fuzz::text_of(data, size);
  compare(bytes);
  read_packet(bytes);
  return 0;
}
