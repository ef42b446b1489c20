// What a Redis server says: replies in any segmentation, and what is made of them.
#include "fuzz/fuzz.h"
#include "redis/command.h"
#include "redis/reply_reader.h"
#include "redis/session.h"
#include "redis/slots.h"

namespace belfry {
namespace {

using fuzz::check;
using redis::Reply;

constexpr std::size_t kMaxBytes = 4'096;

/// All replies up to the end or the first failure, each as text.
std::string read(const std::vector<std::string_view>& pieces) {
  redis::ReplyReader reader(kMaxBytes);
  std::string all;
  const auto write = [&](const auto& self, const Reply& reply, int depth) -> std::size_t {
    check(depth <= 9, "replies are not nested without end");
    check(reply.items.empty() || reply.kind == Reply::Kind::array, "only arrays hold others");
    all +=
        std::to_string(static_cast<int>(reply.kind)) + ":" + std::to_string(reply.integer) + reply.text + "(";
    std::size_t bytes = reply.text.size();
    for (const Reply& item : reply.items) bytes += self(self, item, depth + 1);
    all += ")";
    return bytes;
  };
  for (const std::string_view piece : pieces) {
    reader.feed(piece);
    while (true) {
      auto reply = reader.next();
      if (!reply) return all + "!";
      if (!*reply) break;
      check(write(write, **reply, 0) <= kMaxBytes, "a reply keeps its bound");
      if (const auto moved = redis::redirection_of(**reply, {"here", 1})) {
        check(moved->slot < redis::kSlots, "a slot is one");
      }
      if (const auto map = redis::read_slots(**reply, {"here", 1})) {
        for (const auto owner : map->owners) {
          check(owner == redis::SlotMap::kNobody || owner < map->masters.size(), "an owner is known");
        }
      }
    }
  }
  return all;
}

/// A connection that has greeted, and awaits an answer and a confirmation. Each is told of once.
void converse(const std::vector<std::string_view>& pieces, bool subscribes) {
  int answers = 0;
  const auto count = [&](const auto&) { ++answers; };
  redis::Session session(kMaxBytes, milliseconds(1), {.ready = [] {}, .pushed = [](const Reply&) {}});
  session.greet({}, {});
  check(session.receive("+PONG\r\n").has_value() && session.is_ready(), "a greeting is answered");
  if (subscribes) {
    session.subscribe("s", {"subscribe", "a"}, count, {});
    session.subscribe("s", {"sunsubscribe", "a"}, count, {});
  } else {
    session.send("s", 1, count, {});
    session.send("s", 2, count, {});
  }
  for (const std::string_view piece : pieces) {
    if (!session.receive(piece)) break;
  }
  session.end({});
  check(answers == 2, "everybody is told once");
  check(!session.deadline(), "nobody waits any more");
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider given(data, size);
  std::vector<std::uint8_t> sizes = given.ConsumeBytes<std::uint8_t>(given.ConsumeIntegralInRange(0, 8));
  const std::string bytes = given.ConsumeRemainingBytesAsString();
  const auto pieces = fuzz::cut(bytes, sizes);
  // A bound on what has not been read yet is met sooner or later as the bytes come in larger pieces or
  // smaller.
  if (bytes.size() <= kMaxBytes) fuzz::check(read(pieces) == read({bytes}), "a cut changes nothing");
  read(pieces);
  converse(pieces, false);
  converse(pieces, true);
  return 0;
}
