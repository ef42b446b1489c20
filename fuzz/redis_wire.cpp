// What other servers publish: messages, and what adapters take out of them.
#include "fuzz/fuzz.h"
#include "redis/wire_values.h"

namespace {

using belfry::Value;

// A member, or an item of an array.
Value* part(Value& message, const char* name, std::size_t index) {
  if (message.is_array()) return index < message.size() ? &message[index] : nullptr;
  const auto it = message.find(name);
  return it == message.end() ? nullptr : &*it;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  auto message = redis::read_message(fuzz::text_of(data, size));
  if (!message) {
    fuzz::check(message.error().kind == ErrorKind::malformed, "a refusal says why");
    return 0;
  }
  if (const auto payload = redis::read_packet(part(*message, "packet", 1))) {
    fuzz::check(payload->json.starts_with('['), "an event is a list of arguments");
    Value again = redis::write_packet(*payload, "/");
    fuzz::check(redis::read_packet(&again).has_value(), "and stays one");
  }
  const Value* options = part(*message, "opts", 2);
  if (const auto target = redis::read_target(options)) {
    const Value again = redis::write_target(*target, redis::read_flags(*options));
    const auto second = redis::read_target(&again);
    fuzz::check(second && second->rooms == target->rooms && second->except == target->except,
                "a target stays what it is");
  }
  if (const auto sockets = redis::read_sockets(part(*message, "sockets", 3))) {
    const Value again = redis::write_sockets(*sockets);
    const auto second = redis::read_sockets(&again);
    fuzz::check(second && second->size() == sockets->size(), "sockets stay as many");
    (void)redis::write_json(again);
  }
  return 0;
}
