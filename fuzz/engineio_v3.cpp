// Engine.IO protocol 3: payloads as text and as bytes, and messages in WebSocket frames. What is read can be
// written again, in either form, and means the same.
#include "engineio/payload_v3.h"
#include "fuzz/fuzz.h"
#include "net/frame_v3.h"

namespace belfry {
namespace {

using namespace engineio;
using fuzz::check;

Encoded message_of(const PayloadReader::Packet& packet) {
  Encoded message;
  if (packet.binary) {
    message.frames = packet.data;
    message.attachments.push_back({0, static_cast<std::uint32_t>(packet.data.size())});
  } else {
    message.frames = static_cast<char>(packet.type) + std::string(packet.data);
    message.text = {0, static_cast<std::uint32_t>(message.frames.size())};
  }
  return message;
}

/// Each frame is the packet with its type in front.
void frame(const PayloadReader::Packet& packet, bool base64) {
  const Encoded framed = net::frame_v3(message_of(packet), base64);
  check((framed.text.size > 0) != packet.binary && framed.attachments.size() == (packet.binary ? 1 : 0),
        "a packet is a frame");
  const auto part = packet.binary ? framed.attachments.front() : framed.text;
  check(part.offset + std::size_t{part.size} == framed.frames.size(), "the payload is the rest of it");
  std::string scratch;
  PayloadReader::Packet read;
  check(read_packet_v3(framed.view(part), packet.binary && !base64, scratch, read), "a frame is a packet");
  check(read.binary == packet.binary && read.data == packet.data, "and means the same");
  check(read.type == (packet.binary ? PacketType::message : packet.type), "binary packets are messages");
}

/// The packets, written anew as one or the other.
std::string rewritten(std::string_view payload, bool binary, bool as_binary, bool& valid) {
  PayloadReaderV3 reader(payload, binary);
  PayloadReader::Packet packet;
  std::string out;
  PayloadWriterV3 writer(out, as_binary);
  auto step = PayloadReader::Step::packet;
  while ((step = reader.next(packet)) == PayloadReader::Step::packet) {
    check(packet.data.size() <= payload.size(), "no packet is larger than its payload");
    writer.add(message_of(packet));
    frame(packet, as_binary);
  }
  valid = step == PayloadReader::Step::end;
  return out;
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  const auto payload = fuzz::text_of(data, size);
  for (const bool binary : {false, true}) {
    bool valid = false, again = false;
    const std::string text = rewritten(payload, binary, false, valid);
    const std::string bytes = rewritten(payload, binary, true, valid);
    fuzz::check(text.empty() == bytes.empty(), "both forms hold the same packets");
    if (text.empty()) continue;
    fuzz::check(rewritten(bytes, true, true, again) == bytes && again, "bytes that were written are read");
    fuzz::check(rewritten(bytes, true, false, again) == text, "and are the same as text");
    fuzz::check(rewritten(text, false, false, again) == text && again, "text that was written is read");
    fuzz::check(rewritten(text, false, true, again) == bytes, "and is the same as bytes");
  }
  return 0;
}
