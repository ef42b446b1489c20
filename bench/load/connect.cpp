#include <algorithm>
#include <deque>

#include "clock.h"
#include "modes.h"

namespace bench {
namespace {

class Connect : public Listener {
 public:
  explicit Connect(const Options& options) : options_(options), swarm_(options.target(), *this) {}

  bool on_connect(Client& client) override {
    if (!options_.join) return true;
    client.send("420[\"bench:join\",\"user:" + std::to_string(client.index()) + "\"]");
    return false;
  }
  void on_ack(Client& client, std::uint64_t, std::string_view, std::int64_t) override {
    swarm_.ready(client);
  }

  Outcome run();

 private:
  std::optional<Memory> settled_memory(bool& settled);

  const Options& options_;
  Swarm swarm_;
};

/// Samples until a second's worth of them lie within 64 KiB of each other, or the limit is reached.
std::optional<Memory> Connect::settled_memory(bool& settled) {
  constexpr std::int64_t kSampleNs = kSecondNs / 5;
  constexpr std::size_t kSamples = 6;
  constexpr std::int64_t kSpreadBytes = 64 << 10;
  const ServerProcesses server(options_.pids);
  const std::int64_t limit_ns = now_ns() + static_cast<std::int64_t>(options_.settle_seconds * 1e9);
  std::deque<std::int64_t> samples;
  settled = false;
  while (true) {
    const auto memory = server.memory();
    if (!memory) return std::nullopt;
    samples.push_back(memory->rss_bytes);
    if (samples.size() > kSamples) samples.pop_front();
    const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
    settled = samples.size() == kSamples && *most - *least <= kSpreadBytes;
    if (settled || now_ns() >= limit_ns) return memory;
    swarm_.run_for(kSampleNs);
  }
}

Outcome Connect::run() {
  if (options_.first > 0 && !swarm_.open(options_.first)) return not_connected(options_, swarm_.last_error());
  bool settled_before = false;
  const auto before = !options_.pids.empty() ? settled_memory(settled_before) : std::nullopt;

  const Stopwatch stopwatch(options_);
  if (!swarm_.open(options_.connections)) return not_connected(options_, swarm_.last_error());
  Outcome outcome{.json = begin_report(options_), .measured = true};
  Json& json = outcome.json;
  json["joined"] = options_.join;
  stopwatch.stop(json, options_.connections, now_ns());

  bool settled_after = false;
  const auto after = before ? settled_memory(settled_after) : std::nullopt;
  if (after) {
    const auto each = [&](std::int64_t bytes) {
      return bytes / static_cast<std::int64_t>(options_.connections);
    };
    json["rss_bytes_per_connection"] = each(after->rss_bytes - before->rss_bytes);
    json["pss_bytes_per_connection"] = each(after->pss_bytes - before->pss_bytes);
    json["anonymous_bytes_per_connection"] = each(after->anonymous_bytes - before->anonymous_bytes);
    json["rss_bytes"] = after->rss_bytes;
    json["memory_settled"] = settled_before && settled_after;
  }
  json["disconnected"] = swarm_.dropped_count();
  outcome.clean = swarm_.dropped_count() == 0;
  return outcome;
}

}  // namespace

Outcome run_connect(const Options& options) {
  return Connect(options).run();
}

}  // namespace bench
