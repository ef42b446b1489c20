// Polling payloads: what is read can be written again, and means the same.
#include "engineio/packet.h"
#include "fuzz/fuzz.h"

namespace belfry {
namespace {

using namespace engineio;

std::string rewritten(std::string_view payload, bool& valid) {
  PayloadReader reader(payload);
  PayloadReader::Packet packet;
  std::string out;
  auto step = PayloadReader::Step::packet;
  while ((step = reader.next(packet)) == PayloadReader::Step::packet) {
    fuzz::check(packet.data.size() <= payload.size(), "no packet is larger than its payload");
    Encoded message;
    if (packet.binary) {
      message.frames = packet.data;
      message.attachments.push_back({0, static_cast<std::uint32_t>(packet.data.size())});
    } else {
      message.frames = static_cast<char>(packet.type) + std::string(packet.data);
      message.text = {0, static_cast<std::uint32_t>(message.frames.size())};
    }
    append_to_payload(out, message);
  }
  valid = step == PayloadReader::Step::end;
  return out;
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  const auto payload = fuzz::text_of(data, size);
  bool valid = false, again = false;
  const std::string written = rewritten(payload, valid);
  fuzz::check(!valid || !written.empty(), "an empty payload is invalid");
  if (written.empty()) return 0;
  fuzz::check(rewritten(written, again) == written && again, "what was written is read");
  return 0;
}
