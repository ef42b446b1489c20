// A broadcast to all servers that asks every socket for an acknowledgement.
#include <optional>
#include <utility>

#include "redis/cluster_adapter.h"

namespace belfry::redis {

namespace {

// What has come of one. On shard 0.
class Acks {
 public:
  explicit Acks(std::function<void(std::vector<AckOutcome>)> done) : done_(std::move(done)) {}

  void expect_here(std::size_t clients) {
    here_ = clients;
    finish_if_all();
  }
  void take_here(AckOutcome outcome) {
    outcomes_.push_back(std::move(outcome));
    --*here_;
    finish_if_all();
  }

  void expect_servers(std::size_t servers) {
    servers_ = servers;
    finish_if_all();
  }
  // Whether all servers and their sockets have answered.
  bool take(AnswerContent& content) {
    if (const auto* count = std::get_if<ClientCount>(&content)) {
      if (*servers_ > 0) --*servers_;
      elsewhere_ += static_cast<std::int64_t>(count->clients);
    } else if (auto* outcome = std::get_if<AckOutcome>(&content)) {
      outcomes_.push_back(std::move(*outcome));
      --elsewhere_;  // which may be told before their number is
    }
    return *servers_ == 0 && elsewhere_ == 0;
  }
  // No more will come from other servers: of sockets that did not answer, only their number is known.
  void end_elsewhere() {
    servers_ = 0;
    for (; elsewhere_ > 0; --elsewhere_) {
      outcomes_.push_back({{}, fail(ErrorKind::timed_out, "no acknowledgement in time")});
    }
    elsewhere_ = 0;
    is_over_ = true;
    finish_if_all();
  }

 private:
  void finish_if_all() {
    if (here_ != 0u || !is_over_ || !done_) return;
    std::exchange(done_, nullptr)(std::move(outcomes_));
  }

  std::function<void(std::vector<AckOutcome>)> done_;
  std::optional<std::size_t> here_;     // sockets of this server that have not answered; not counted yet
  std::optional<std::size_t> servers_;  // others that have not told how many sockets they ask
  std::int64_t elsewhere_ = 0;          // sockets of theirs that have not answered
  bool is_over_ = false;                // nothing is to come from other servers
  std::vector<AckOutcome> outcomes_;
};

}  // namespace

void ClusterAdapter::broadcast_with_ack(const std::string& nsp, const Payload& payload, const Target& target,
                                        EmitFlags flags, std::chrono::milliseconds timeout,
                                        std::function<void(std::vector<AckOutcome>)> done) {
  const auto give = [&shard = asker(), done = std::move(done)](std::vector<AckOutcome> outcomes) {
    shard.run_or_post([done, outcomes = std::move(outcomes)]() mutable { done(std::move(outcomes)); });
  };
  shards_.at(0).run_or_post([this, nsp, payload, target, flags, timeout, give] {
    const auto acks = std::make_shared<Acks>(give);
    local_.broadcast_asking(
        nsp, payload, target, flags, timeout, [acks](std::size_t clients) { acks->expect_here(clients); },
        [acks](AckOutcome outcome) { acks->take_here(std::move(outcome)); });
    if (flags.local) return acks->end_elsewhere();
    count_others(nsp, [this, nsp, payload, target, flags, timeout, acks](std::size_t others,
                                                                         const std::shared_ptr<void>& hold) {
      if (others == 0) return acks->end_elsewhere();
      acks->expect_servers(others);
      const auto take = [acks](AnswerContent& content) { return acks->take(content); };
      const auto finish = [this, acks, hold](bool complete) {
        if (!complete) tallies_.add(Tallied::incomplete, "sockets of other servers did not answer in time");
        acks->end_elsewhere();
      };
      const std::string id = Requests::new_id();
      requests_.open(id, {timeout, take, finish});
      wire_->ask_clients(nsp, payload, target, flags, timeout, id);
    });
  });
}

}  // namespace belfry::redis
