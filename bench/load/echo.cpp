#include <vector>

#include "clock.h"
#include "modes.h"
#include "payload.h"

namespace bench {
namespace {

class Echo : public Listener {
 public:
  explicit Echo(const Options& options)
      : options_(options),
        swarm_(options.target(), *this),
        payload_(options.size_bytes),
        checks_(options.connections),
        sent_by_(options.connections) {}

  void on_ack(Client& client, std::uint64_t id, std::string_view arguments,
              std::int64_t received_ns) override;

  Outcome run();

 private:
  static constexpr std::uint64_t kFence = 1ULL << 48;

  void send_next(Client& client, std::int64_t time_ns);
  void phase(double seconds, std::uint64_t rounds);
  void fence();

  const Options& options_;
  Swarm swarm_;
  Payload payload_;
  std::vector<SequenceCheck> checks_;
  std::vector<std::uint64_t> sent_by_;
  std::uint64_t sent_ = 0;
  std::int64_t end_ns_ = 0;        ///< of the phase: nothing is sent from then on
  std::uint64_t last_number_ = 0;  ///< likewise, from this number of a client on
  Tally tally_;
  Histogram latency_;
  std::int64_t last_arrival_ns_ = 0;
  std::uint64_t fences_ = 0;
  std::string packet_;
};

void Echo::send_next(Client& client, std::int64_t time_ns) {
  std::uint64_t& number = sent_by_[client.index()];
  if (number >= last_number_ || time_ns >= end_ns_ || client.state() == Client::State::kClosed) return;
  packet_ = "42";
  packet_ += std::to_string(number);
  packet_ += R"(["bench:echo",")";
  packet_ += payload_.write({static_cast<std::uint32_t>(client.index() & 0xffff), number, time_ns});
  packet_ += "\"]";
  ++number;
  ++sent_;
  client.send(packet_);
}

void Echo::on_ack(Client& client, std::uint64_t id, std::string_view arguments, std::int64_t received_ns) {
  if (id == kFence) {
    ++fences_;
    return;
  }
  const auto text = only_text(arguments);
  const auto stamp = text ? payload_.read(*text) : std::nullopt;
  if (!stamp || stamp->number != id || stamp->sender != (client.index() & 0xffff)) {
    ++tally_.corrupt;
    return;
  }
  const std::uint64_t received_before = tally_.received;
  checks_[client.index()].arrived(id, sent_by_[client.index()], tally_);
  latency_.add(received_ns - stamp->sent_ns);
  last_arrival_ns_ = received_ns;
  if (tally_.received > received_before) send_next(client, received_ns);
}

void Echo::phase(double seconds, std::uint64_t rounds) {
  const std::int64_t start_ns = now_ns();
  end_ns_ = rounds > 0 ? INT64_MAX : start_ns + static_cast<std::int64_t>(seconds * 1e9);
  for (std::size_t i = 0; i < swarm_.size(); ++i) {
    last_number_ = rounds > 0 ? sent_by_[i] + rounds : UINT64_MAX;
    for (std::uint64_t open = 0; open < options_.depth; ++open) send_next(swarm_.client(i), start_ns);
  }
  const auto complete = [&] { return tally_.received == sent_ && (rounds > 0 || now_ns() >= end_ns_); };
  swarm_.run_until(
      complete, [&] { return tally_.received; }, static_cast<std::int64_t>(options_.quiet_seconds * 1e9));
}

/// Lets every connection answer once more, so that what stood in front of the answer has been counted.
void Echo::fence() {
  for (std::size_t i = 0; i < swarm_.size(); ++i) {
    swarm_.client(i).send("42" + std::to_string(kFence) + R"(["bench:join","bench:fence"])");
  }
  const auto all = [&] { return fences_ + swarm_.dropped_count() >= swarm_.size(); };
  swarm_.run_until(all, [&] { return fences_; }, static_cast<std::int64_t>(options_.quiet_seconds * 1e9));
}

Outcome Echo::run() {
  if (!swarm_.open(options_.connections)) return not_connected(options_, swarm_.last_error());
  if (options_.warmup_seconds > 0) phase(options_.warmup_seconds, 0);
  latency_.clear();
  const std::uint64_t received_before = tally_.received;

  const Stopwatch stopwatch(options_);
  last_arrival_ns_ = stopwatch.start_ns();
  phase(options_.seconds, options_.rounds);
  Outcome outcome{.json = begin_report(options_), .measured = true};
  Json& json = outcome.json;
  json["depth"] = options_.depth;
  json["size_bytes"] = options_.size_bytes;
  stopwatch.stop(json, tally_.received - received_before, last_arrival_ns_);
  add_latency(json, latency_);
  fence();
  for (std::size_t i = 0; i < checks_.size(); ++i) tally_.lost += checks_[i].missing(sent_by_[i]);
  outcome.clean = add_tally(json, tally_, swarm_.dropped_count());
  return outcome;
}

}  // namespace

Outcome run_echo(const Options& options) {
  return Echo(options).run();
}

}  // namespace bench
