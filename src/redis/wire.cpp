#include "redis/wire.h"

#include "core/clock.h"
#include "core/ids.h"
#include "redis/wire_values.h"

namespace belfry::redis {

void Tallies::add(Tallied what, std::string_view why) {
  constexpr std::int64_t kPauseMs = 10'000;
  const auto index = static_cast<std::size_t>(what);
  counts_[index].add(1);
  const std::int64_t now = wall_now_ms();
  const std::int64_t before = logged_ms_[index].get();
  if (now - before < kPauseMs) return;
  logged_ms_[index].add(now - before);  // two threads at once may both write a line
  log_.warn("adapter", "messages between servers are lost or none",
            {{"what", kTalliedNames[index]}, {"why", why}, {"count", std::to_string(counts_[index].get())}});
}

std::map<std::string, std::int64_t> Tallies::read() const {
  std::map<std::string, std::int64_t> all;
  for (std::size_t i = 0; i < kTalliedNames.size(); ++i) all.emplace(kTalliedNames[i], counts_[i].get());
  return all;
}

void Wire::publish(const ChannelName& channel, std::string bytes) {
  const char* command = channel.how == Listen::shard ? "SPUBLISH" : "PUBLISH";
  context_.client.send({command, channel.name, std::move(bytes)}, [this](const Result<Reply>& reply) {
    if (!reply) context_.tallies.add(Tallied::unsent, reply.error().message);
  });
}

void Wire::deliver(const std::string& nsp, const Value& event, std::function<void(Value)> answer) {
  if (!event.is_array() || event.empty() || !event.front().is_string()) {
    return context_.tallies.add(Tallied::malformed, "an event of servers has no name");
  }
  std::function<void(Payload)> reply;
  if (answer) {
    const auto called = std::make_shared<runtime::Flag>(false);
    reply = [answer = std::move(answer), called](const Payload& payload) {
      if (!called->exchange(true)) answer(first_value(payload));
    };
  } else {
    reply = [](const Payload&) {};
  }
  context_.shards.post_to(0, [this, nsp, event, reply = std::move(reply)] {
    const Args args(std::vector<Value>(event.begin() + 1, event.end()));
    context_.on_server_event(nsp, event.front().get_ref<const std::string&>(), args, reply);
  });
}

std::string make_server_uid() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, 8> bytes{};
  random_bytes(bytes.data(), bytes.size());
  std::string uid;
  for (const unsigned char byte : bytes) uid.append({kDigits[byte >> 4], kDigits[byte & 0x0f]});
  return uid;
}

}  // namespace belfry::redis
