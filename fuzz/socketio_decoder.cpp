// Socket.IO packets and their attachments, one after the other: what is read can be sent again, and means the
// same.
#include "fuzz/packets.h"

namespace belfry {
namespace {

using namespace socketio;
using fuzz::check;
constexpr char kBinary = '\x01';  // begins a binary message of the input

void look_at(const Packet& packet) {
  check(!packet.nsp.empty() && packet.nsp.front() == '/', "a namespace begins with a slash");
  if (packet.type == PacketType::connect)
    return check(packet.auth.is_object(), "a payload of CONNECT is an object");
  if (packet.type == PacketType::disconnect) return;
  check(packet.type == PacketType::event || packet.type == PacketType::ack, "clients send no other");
  for (std::size_t i = 0; i < packet.args->size(); ++i) {
    if (!packet.args->is_text()) continue;
    check(!Value::parse(packet.args->json(i), nullptr, false).is_discarded(), "an argument is JSON");
  }
  // A name with a comma cannot be told from what follows it; it can be received as the whole of a packet
  // alone.
  fuzz::send_again(packet, Parser::json);
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  static Decoder decoder;
  std::unique_ptr<PartialPacket> partial;
  std::string_view rest = fuzz::text_of(data, size);
  while (!rest.empty()) {
    // Messages are divided as packets of a payload are.
    const std::string_view message = rest.substr(0, rest.find('\x1e'));
    rest.remove_prefix(std::min(rest.size(), message.size() + 1));
    Packet packet;
    const bool binary = message.starts_with(kBinary);
    const auto outcome = decoder.read(binary, message.substr(binary ? 1 : 0), partial, packet);
    if (outcome == Decoder::Outcome::invalid) return 0;  // the connection ends
    if (outcome == Decoder::Outcome::packet) look_at(packet);
    fuzz::check((outcome == Decoder::Outcome::partial) == (partial != nullptr), "what waits is there");
    if (partial) {
      fuzz::check(partial->attachments.size() < partial->expected, "only what has not come is waited for");
      fuzz::check(partial->expected <= Decoder::kMaxAttachments, "not many are waited for");
    }
  }
  return 0;
}
