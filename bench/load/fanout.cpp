#include <vector>

#include "clock.h"
#include "modes.h"
#include "payload.h"

namespace bench {
namespace {

/// The senders of words that are not counted: publishers from this number on.
constexpr std::uint32_t kUncounted = 0x8000;
constexpr std::int64_t kWordAgainNs = kSecondNs / 10;

/// Subscribers are the first clients, publishers the ones behind them.
class Fanout : public Listener {
 public:
  explicit Fanout(const Options& options);

  bool on_connect(Client& client) override;
  void on_event(Client& client, std::string_view arguments, std::int64_t received_ns) override;
  void on_ack(Client& client, std::uint64_t id, std::string_view arguments,
              std::int64_t received_ns) override;

  Outcome run();

 private:
  bool meet();
  void send(std::size_t publisher, const Stamp& stamp);
  bool publish(std::int64_t due_ns);
  void phase(double seconds, std::uint64_t rounds);
  void publish_paced(std::int64_t end_ns, std::uint64_t last);
  void publish_flat_out(std::int64_t end_ns, std::uint64_t last);
  void fence();
  void count_lost();

  std::uint64_t expected() const { return sent_ * options_.connections; }
  std::int64_t quiet_ns() const { return static_cast<std::int64_t>(options_.quiet_seconds * 1e9); }

  const Options& options_;
  Swarm swarm_;
  Payload payload_;
  std::vector<SequenceCheck> checks_;  ///< of each subscriber, for each publisher
  std::vector<bool> met_;              ///< likewise: whether a word has come
  std::uint64_t met_count_ = 0;
  std::vector<std::uint64_t> sent_by_;  ///< of each publisher
  std::uint64_t sent_ = 0;
  Tally tally_;
  Histogram latency_;
  std::int64_t last_arrival_ns_ = 0;
  std::int64_t most_late_ns_ = 0;
  std::uint64_t fences_ = 0;
  std::string packet_;
};

Fanout::Fanout(const Options& options)
    : options_(options),
      swarm_(options.target(), *this),
      payload_(options.size_bytes),
      checks_(options.connections * options.publishers),
      met_(checks_.size()),
      sent_by_(options.publishers) {}

bool Fanout::on_connect(Client& client) {
  if (client.index() >= options_.connections) return true;
  client.send(R"(420["bench:join","bench"])");
  return false;
}

void Fanout::on_ack(Client& client, std::uint64_t id, std::string_view, std::int64_t) {
  if (id == 0) swarm_.ready(client);
  if (id == 1) ++fences_;
}

void Fanout::on_event(Client& client, std::string_view arguments, std::int64_t received_ns) {
  const auto text = only_text(arguments, "bench:event");
  const auto stamp = text ? payload_.read(*text) : std::nullopt;
  const std::uint32_t sender = stamp ? stamp->sender & ~kUncounted : 0;
  if (!stamp || sender >= options_.publishers || client.index() >= options_.connections) {
    ++tally_.corrupt;
    return;
  }
  const std::size_t pair = client.index() * options_.publishers + sender;
  if (stamp->sender != sender) {
    if (!met_[pair]) ++met_count_;
    met_[pair] = true;
    return;
  }
  checks_[pair].arrived(stamp->number, sent_by_[sender], tally_);
  latency_.add(received_ns - stamp->sent_ns);
  last_arrival_ns_ = received_ns;
}

/// Several servers find each other by and by: says a word, and again, until each publisher's has come to
/// every subscriber. False when that takes longer than the time-out.
bool Fanout::meet() {
  const auto all = [&] { return met_count_ == met_.size(); };
  const std::int64_t end_ns = now_ns() + swarm_.timeout_ns();
  while (!all() && now_ns() < end_ns) {
    for (std::uint32_t i = 0; i < options_.publishers; ++i) send(i, {.sender = i | kUncounted});
    swarm_.run_until(all, [&] { return met_count_; }, kWordAgainNs);
  }
  return all();
}

void Fanout::send(std::size_t publisher, const Stamp& stamp) {
  packet_ = R"(42["bench:publish","bench",")";
  packet_ += payload_.write(stamp);
  packet_ += "\"]";
  swarm_.client(options_.connections + publisher).send(packet_);
}

/// False when the publisher whose turn it is has lost its connection.
bool Fanout::publish(std::int64_t due_ns) {
  const std::uint64_t sender = sent_ % options_.publishers;
  if (swarm_.client(options_.connections + sender).state() == Client::State::kClosed) return false;
  ++sent_;
  send(sender, {static_cast<std::uint32_t>(sender), sent_by_[sender]++, due_ns});
  return true;
}

/// A message is stamped with when it was due, so that waiting for this program or the server counts.
void Fanout::publish_paced(std::int64_t end_ns, std::uint64_t last) {
  const double gap_ns = 1e9 / options_.rate;
  const std::int64_t start_ns = now_ns();
  for (std::uint64_t i = 0; sent_ < last; ++i) {
    const std::int64_t due_ns = start_ns + static_cast<std::int64_t>(static_cast<double>(i) * gap_ns);
    if (due_ns >= end_ns) break;
    while (now_ns() < due_ns) swarm_.turn(due_ns);
    most_late_ns_ = std::max(most_late_ns_, now_ns() - due_ns);
    if (!publish(due_ns)) return;
    swarm_.turn(0);
  }
}

/// Keeps `window` messages on their way to all subscribers together.
void Fanout::publish_flat_out(std::int64_t end_ns, std::uint64_t last) {
  const std::uint64_t window = options_.window * options_.connections;
  const auto room = [&] { return expected() - tally_.received < window; };
  while (sent_ < last && now_ns() < end_ns) {
    const std::int64_t time_ns = now_ns();
    while (sent_ < last && room()) {
      if (!publish(time_ns)) return;
    }
    if (!swarm_.run_until(room, [&] { return tally_.received; }, quiet_ns())) return;
  }
}

void Fanout::phase(double seconds, std::uint64_t rounds) {
  const std::int64_t end_ns = rounds > 0 ? INT64_MAX : now_ns() + static_cast<std::int64_t>(seconds * 1e9);
  const std::uint64_t last = rounds > 0 ? sent_ + rounds : UINT64_MAX;
  if (options_.rate > 0) {
    publish_paced(end_ns, last);
  } else {
    publish_flat_out(end_ns, last);
  }
  const auto complete = [&] { return tally_.received == expected(); };
  swarm_.run_until(complete, [&] { return tally_.received; }, quiet_ns());
}

/// Lets every connection answer once more, so that what stood in front of the answer has been counted.
void Fanout::fence() {
  const auto wait = [&](std::size_t first, std::size_t last) {
    fences_ = 0;
    for (std::size_t i = first; i < last; ++i) swarm_.client(i).send(R"(421["bench:join","bench:fence"])");
    const auto all = [&] { return fences_ + swarm_.dropped_count() >= last - first; };
    swarm_.run_until(all, [&] { return fences_; }, quiet_ns());
  };
  wait(options_.connections, swarm_.size());
  wait(0, options_.connections);
}

void Fanout::count_lost() {
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    tally_.lost += checks_[i].missing(sent_by_[i % options_.publishers]);
  }
}

Outcome Fanout::run() {
  if (!swarm_.open(options_.connections) || !swarm_.open(options_.publishers)) {
    return not_connected(options_, swarm_.last_error());
  }
  if (options_.ports.size() > 1 && !meet())
    return not_connected(options_, "what one server emits does not reach the others");
  if (options_.warmup_seconds > 0) phase(options_.warmup_seconds, 0);
  latency_.clear();
  most_late_ns_ = 0;
  const std::uint64_t received_before = tally_.received;
  const std::uint64_t sent_before = sent_;

  const Stopwatch stopwatch(options_);
  last_arrival_ns_ = stopwatch.start_ns();
  phase(options_.seconds, options_.rounds);
  Outcome outcome{.json = begin_report(options_), .measured = true};
  Json& json = outcome.json;
  json["publishers"] = options_.publishers;
  json["size_bytes"] = options_.size_bytes;
  json["rate"] = options_.rate;
  json["window"] = options_.rate > 0 ? 0 : options_.window;
  json["messages"] = sent_ - sent_before;
  stopwatch.stop(json, tally_.received - received_before, last_arrival_ns_);
  add_latency(json, latency_);
  if (options_.rate > 0) json["generator_late_us"] = most_late_ns_ / 1000;
  fence();
  count_lost();
  outcome.clean = add_tally(json, tally_, swarm_.dropped_count());
  return outcome;
}

}  // namespace

Outcome run_fanout(const Options& options) {
  return Fanout(options).run();
}

}  // namespace bench
