// permessage-deflate: what clients offer, what they send, and messages there and back.
#include "fuzz/fuzz.h"
#include "websocket/deflate.h"
#include "websocket/extension.h"
#include "websocket/subprotocol.h"

namespace belfry {
namespace {

using namespace websocket;
using fuzz::check;
constexpr std::size_t kMaxMessageBytes = 5'000;

void negotiate(FuzzedDataProvider& input) {
  const DeflatePolicy policy{input.ConsumeIntegralInRange(kMinWindowBits, kMaxWindowBits),
                             input.ConsumeBool()};
  const std::string offers = input.ConsumeRemainingBytesAsString();
  if (const auto chosen = choose_subprotocol(offers)) {
    check(!chosen->empty() && offers.find(*chosen) != offers.npos, "a subprotocol is one of those offered");
  }
  const auto agreed = negotiate_deflate(offers, policy);
  if (!agreed) return;
  check(agreed->server_window_bits >= kMinWindowBits && agreed->server_window_bits <= policy.window_bits,
        "the server's window is one that it can have");
  check(agreed->client_window_bits >= 8 && agreed->client_window_bits <= kMaxWindowBits,
        "the client's is one");
  check(policy.keep_contexts || (!agreed->server_keeps_context && !agreed->client_keeps_context),
        "contexts are kept where the server allows it");
  // Where a client has said all, it is taken at its word.
  const auto again = negotiate_deflate(agreed->response, policy);
  check(again && again->server_window_bits == agreed->server_window_bits &&
            again->client_window_bits <= agreed->client_window_bits &&
            again->server_keeps_context == agreed->server_keeps_context &&
            again->client_keeps_context == agreed->client_keeps_context,
        "an answer is an offer that is agreed on");
}

/// What was read of it, or the code of the failure.
std::string inflate(Inflater& inflater, std::string_view bytes, std::size_t max_bytes) {
  const std::string own(bytes);
  const auto message = inflater.inflate(own, max_bytes);
  if (!message) return "!" + std::to_string(static_cast<int>(message.error()));
  check(message->size() <= max_bytes, "a message stays within its bound");
  return "=" + std::string(*message);
}

void read(FuzzedDataProvider& input) {
  const int window_bits = input.ConsumeIntegralInRange(8, kMaxWindowBits);
  const std::size_t max_bytes = input.ConsumeIntegralInRange<std::size_t>(0, kMaxMessageBytes);
  Inflater forgetful(false, window_bits), faithful(true, window_bits), other(true, window_bits);
  bool first = true;
  while (input.remaining_bytes() > 0) {
    const std::string bytes = input.ConsumeRandomLengthString();
    const std::string alone = inflate(forgetful, bytes, max_bytes);
    check(alone == inflate(forgetful, bytes, max_bytes), "without a context each message stands for itself");
    const std::string kept = inflate(faithful, bytes, max_bytes);
    check(kept == inflate(other, bytes, max_bytes), "the same bytes are the same message");
    check(!std::exchange(first, false) || kept == alone, "at first there is no context");
    if (kept.front() == '!') return;
  }
}

void there_and_back(FuzzedDataProvider& input) {
  DeflateSettings settings;
  settings.window_bits = input.ConsumeIntegralInRange(kMinWindowBits, kMaxWindowBits);
  settings.memory_level = input.ConsumeIntegralInRange(1, 9);
  settings.level = input.ConsumeIntegralInRange(1, 9);
  settings.keep_context = input.ConsumeBool();
  Deflater deflater(settings);
  Inflater inflater(settings.keep_context, settings.window_bits);
  while (input.remaining_bytes() > 0) {
    std::string message = input.ConsumeRandomLengthString();
    if (message.empty()) message = "a";  // nobody compresses what is empty
    for (int twice = input.ConsumeIntegralInRange(0, 6); twice > 0 && !message.empty(); --twice) {
      if (message.size() < 20'000) message += message;
    }
    std::string compressed = "before";
    check(deflater.compress(message, compressed) && compressed.starts_with("before"),
          "all can be compressed");
    compressed.erase(0, 6);
    check(!compressed.empty(), "a payload is not empty");
    check(inflate(inflater, compressed, message.size()) == "=" + message, "and comes back");
  }
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  switch (input.ConsumeIntegralInRange(0, 2)) {
    case 0:
      negotiate(input);
      break;
    case 1:
      read(input);
      break;
    default:
      there_and_back(input);
  }
  return 0;
}
