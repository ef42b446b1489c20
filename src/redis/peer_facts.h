// The facts of the other nodes, as this one knows them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "redis/facts_delta.h"

namespace belfry::redis {

struct PeerFactsOptions {
  std::size_t peers_max = 1'000;
  std::size_t facts_max = 300'000;  ///< of a peer
  std::size_t waiting_max = 1'000;  ///< deltas that wait for a hash that is being read
};

/// All facts of an owner at one moment, as the hash has them.
struct FactsSnapshot {
  bool alive = false;  ///< whether its lease is there
  std::int64_t number = 0;
  bool full = false;
  std::unordered_map<std::string, std::string> facts = {};
};

/// Follows the deltas of each peer in order; where one is missing, the hash is read again and compared.
/// Belongs to one thread; in memory only, bounded by its options: a peer past them is not seen.
class PeerFacts {
 public:
  struct Told {
    /// A fact's new value, or null where it is gone.
    std::function<void(const std::string& owner, const std::string& field, const std::string* value)> fact;
    /// No epoch of it is left.
    std::function<void(const std::string& node)> gone;
  };

  PeerFacts(std::string own_node, Told told, PeerFactsOptions options = {})
      : own_node_(std::move(own_node)), told_(std::move(told)), options_(options) {}

  void hear(FactsDelta delta);
  /// There is such an owner.
  void note(const Owner& owner);
  /// Those whose hash is to be read now; each is answered by `read` or `not_read`.
  std::vector<Owner> take_stale();
  void read(const Owner& owner, FactsSnapshot snapshot);
  /// It could not be; another time.
  void not_read(const Owner& owner);
  /// Something may have been missed: reads all of them again.
  void doubt();
  /// Its lease is over, or it has left.
  void take_out(const Owner& owner);

  std::vector<Owner> owners() const;
  /// Nodes that have been read.
  std::size_t nodes() const;
  /// Facts of all of them.
  std::size_t size() const;
  /// How often a hash had to be read because a delta was missing.
  std::uint64_t gaps() const { return gaps_; }

 private:
  struct Peer {
    std::int64_t number = 0;
    bool known = false;  // its hash was read
    bool stale = true;   // its hash is to be read
    bool reading = false;
    bool full = false;
    std::deque<FactsDelta> waiting;
    std::unordered_map<std::string, std::string> facts;
  };

  Peer* find_or_add(const Owner& owner);
  void wait(Peer& peer, FactsDelta delta);
  void apply(const Owner& owner, Peer& peer, const FactsDelta& delta);
  void set(const Owner& owner, Peer& peer, const std::string& field, const std::string* value);
  // A later epoch of the node is complete: the ones before it are over.
  void supersede(const Owner& owner);

  const std::string own_node_;
  const Told told_;
  const PeerFactsOptions options_;
  std::map<Owner, Peer> peers_;
  std::uint64_t gaps_ = 0;
};

}  // namespace belfry::redis
