// This node among the others: publishes its facts, follows theirs, and finds out who is gone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/clock.h"
#include "redis/client.h"
#include "redis/own_facts.h"
#include "redis/peer_facts.h"

namespace belfry::redis {

struct FactsOptions {
  std::string prefix = "belfry:{belfry}";  ///< of keys and the channel; all of one slot of a cluster
  milliseconds lease{15'000};              ///< within it, a node that says nothing is noticed to be gone
  milliseconds batch{10};                  ///< changes within it are published as one
  milliseconds pause{1'000};               ///< before what Redis did not take is tried again
  OwnFactsOptions own = {};
  PeerFactsOptions peers = {};
};

/// What it has counted.
struct FactsStats {
  std::int64_t own = 0;
  std::int64_t nodes = 0;  ///< others
  std::int64_t facts = 0;  ///< of others
  std::int64_t refused = 0;
  std::int64_t gaps = 0;
  std::int64_t anew = 0;       ///< epochs begun
  std::int64_t malformed = 0;  ///< messages
};

/// How it works. An owner (`node:epoch`) has a hash of its facts and a lease, a key with a time to live that
/// it renews three times as often. Each change is one transaction: hash, number, and the same change as a
/// message on a channel, so that whoever reads the hash knows which messages it has in it. A peer that finds
/// a number missing reads the hash again; with each renewal the last number is said once more.
///
/// A peer is taken out once Redis says that its lease is over. That is not believed of a Redis that has lost
/// what it had: when Redis comes back, or this node's own lease is gone, all publish anew in a new epoch, and
/// nobody is taken out before one lease has passed. An old epoch goes when the new one is complete, so that
/// nobody seems to leave meanwhile. While Redis is away all stays as it was, and what changes here is kept.
///
/// No I/O of its own and no clock; belongs to one thread, on which `run` runs what it is given. The client
/// and whatever `run` needs outlive it, and nothing that `run` was given runs after its end.
class FactsNode {
 public:
  using Run = std::function<void(std::function<void(TimePoint now)>)>;  ///< may be called on any thread

  struct Told {
    PeerFacts::Told peers;
    std::function<void()> anew;                               ///< all our facts are published anew
    std::function<void(const std::set<std::string>&)> known;  ///< once: the nodes that are there
  };

  FactsNode(Client& client, std::string node, Run run, Told told, FactsOptions options = {});

  /// Begins to listen. On its thread, as all that follows.
  void start();
  void put(const std::string& field, std::string value, TimePoint now);
  void remove(const std::string& field, TimePoint now);
  /// Takes its facts back at once; `done` once Redis has heard of it, or cannot.
  void leave(std::function<void()> done);
  void on_time(TimePoint now);
  std::optional<TimePoint> next_deadline() const;

  FactsStats stats() const;

 private:
  std::string hash_of(const Owner& owner) const;
  std::string lease_of(const Owner& owner) const;
  std::string channel() const { return options_.prefix + ":facts"; }
  std::string owners_key() const { return options_.prefix + ":nodes"; }
  // How long keys live: a lease a little less than it is noticed in.
  std::string lease_life_ms() const;
  std::string hash_life_ms() const;
  OnReply on_reply(std::function<void(const Result<Reply>&, TimePoint)> done);

  void on_state(bool up, TimePoint now);
  void on_message(const std::string& text);
  void begin_anew(TimePoint now);
  void publish();
  void published(const Result<Reply>& reply, bool full, TimePoint now);
  void drop_former();
  void renew(TimePoint now);
  void list();
  void look_at_leases(TimePoint now);
  void judge(const std::vector<Owner>& owners, const Reply& leases, TimePoint now);
  void read_stale();
  void wake(std::optional<TimePoint>& slot, TimePoint at) const;

  Client& client_;
  const std::string node_;
  const Run run_;
  const Told told_;
  const FactsOptions options_;
  OwnFacts own_;
  PeerFacts peers_;
  bool up_ = false;
  bool leaving_ = false;
  bool publishing_ = false;  // a delta is on its way
  bool doubted_ = false;     // what Redis has of the epoch
  bool complete_ = false;    // the epoch has been published as a whole
  std::set<Owner> former_;   // epochs of ours whose keys are still there
  std::optional<TimePoint> publish_at_;
  std::optional<TimePoint> renew_at_;
  std::optional<TimePoint> look_at_;
  TimePoint believed_from_;  // leases that are over count from then on
  bool known_ = false;       // and who is there was told
  std::int64_t anew_count_ = 0;
  std::int64_t malformed_ = 0;
};

}  // namespace belfry::redis
