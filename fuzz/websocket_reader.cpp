// WebSocket frames in any segmentation, compressed or not: the same bytes mean the same messages however they
// are cut, and however often the reading stops behind an inflated one.
#include <optional>

#include "fuzz/fuzz.h"
#include "websocket/reader.h"

namespace belfry {
namespace {

using namespace websocket;
constexpr std::size_t kMaxMessageBytes = 300;

struct Log : Sink {
  bool on_message(Opcode op, std::string_view payload) override {
    fuzz::check(op == Opcode::text || op == Opcode::binary, "messages are text or binary");
    fuzz::check(payload.size() <= kMaxMessageBytes, "a message stays within its bound");
    return add(op == Opcode::text ? 't' : 'b', payload);
  }
  bool on_ping(std::string_view payload) override {
    fuzz::check(payload.size() <= kMaxControlBytes, "a ping is short");
    return add('i', payload);
  }
  bool on_pong(std::string_view payload) override { return add('o', payload); }
  bool may_inflate() override { return !sparing; }
  bool on_close(std::uint16_t code, std::string_view reason) override {
    closed = true;
    return add('c', std::to_string(code).append(reason));
  }
  bool add(char kind, std::string_view payload) {
    fuzz::check(!ended, "nothing comes after the end");
    text.append(1, kind).append(std::to_string(payload.size())).append(":").append(payload);
    ended = closed || (stop_after != 0 && --stop_after == 0);
    return !ended;
  }

  std::string text;
  unsigned stop_after = 0;  // messages; 0: never
  bool sparing = false;     // one inflated message at a time
  bool closed = false;
  bool ended = false;
};

/// What was told, and the code of the failure behind it.
std::string read(std::string_view bytes, const std::vector<std::uint8_t>& sizes, unsigned stop_after,
                 unsigned compression) {
  std::optional<Inflater> inflater;
  if (compression != 0) inflater.emplace(/*keep_context=*/compression == 2);
  Log log;
  log.stop_after = stop_after;
  log.sparing = !sizes.empty();
  Reader reader(kMaxMessageBytes);
  for (const std::string_view piece : fuzz::cut(bytes, sizes)) {
    std::vector<char> own(piece.begin(), piece.end());  // of its very size, so that a read past it is seen
    for (std::span<char> rest(own); !rest.empty();) {
      const auto fed = reader.feed(rest, log, inflater ? &*inflater : nullptr);
      if (!fed) {
        log.ended = true;
        log.text += "!" + std::to_string(static_cast<int>(fed.error()));
        break;
      }
      fuzz::check(*fed > 0, "each reading gets on");
      rest = rest.subspan(*fed);
    }
  }
  return log.text;
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  const unsigned stop_after = input.ConsumeIntegralInRange(0u, 3u);
  const unsigned compression = input.ConsumeIntegralInRange(0u, 2u);
  const auto sizes = input.ConsumeBytes<std::uint8_t>(input.ConsumeIntegralInRange<std::size_t>(0, 3));
  const std::string bytes = input.ConsumeRemainingBytesAsString();
  fuzz::check(read(bytes, {}, stop_after, compression) == read(bytes, sizes, stop_after, compression),
              "a cut changes nothing");
  return 0;
}
