#include "redis/peer_facts.h"

#include <algorithm>
#include <set>
#include <utility>

namespace belfry::redis {

PeerFacts::Peer* PeerFacts::find_or_add(const Owner& owner) {
  if (owner.node == own_node_) return nullptr;
  const auto known = peers_.find(owner);
  if (known != peers_.end()) return &known->second;
  // A former epoch that is heard of late.
  const auto later = peers_.upper_bound(owner);
  if (later != peers_.end() && later->first.node == owner.node && later->second.full) return nullptr;
  if (peers_.size() >= options_.peers_max) return nullptr;
  return &peers_[owner];
}

void PeerFacts::note(const Owner& owner) {
  find_or_add(owner);
}

void PeerFacts::hear(FactsDelta delta) {
  if (delta.left) return take_out(delta.owner);
  Peer* peer = find_or_add(delta.owner);
  if (peer == nullptr) return;
  if (peer->stale || peer->reading) return wait(*peer, std::move(delta));
  if (delta.number <= peer->number) return;
  if (delta.number == peer->number + 1 && !delta.changes.empty()) {
    return apply(Owner(delta.owner), *peer, delta);
  }
  ++gaps_;
  peer->stale = true;
  wait(*peer, std::move(delta));
}

// The oldest are the ones to lose: the hash, once read, has them.
void PeerFacts::wait(Peer& peer, FactsDelta delta) {
  if (peer.waiting.size() >= options_.waiting_max) peer.waiting.pop_front();
  peer.waiting.push_back(std::move(delta));
}

void PeerFacts::apply(const Owner& owner, Peer& peer, const FactsDelta& delta) {
  peer.number = delta.number;
  for (const auto& [field, value] : delta.changes) set(owner, peer, field, value ? &*value : nullptr);
  if (!delta.full || peer.full) return;
  peer.full = true;
  supersede(owner);
}

void PeerFacts::set(const Owner& owner, Peer& peer, const std::string& field, const std::string* value) {
  const auto known = peer.facts.find(field);
  if (value == nullptr) {
    if (known == peer.facts.end()) return;
    peer.facts.erase(known);
  } else if (known == peer.facts.end()) {
    if (peer.facts.size() >= options_.facts_max) return;
    peer.facts.emplace(field, *value);
  } else {
    if (known->second == *value) return;
    known->second = *value;
  }
  told_.fact(owner.text(), field, value);
}

std::vector<Owner> PeerFacts::take_stale() {
  std::vector<Owner> stale;
  for (auto& [owner, peer] : peers_) {
    if (!peer.stale || peer.reading) continue;
    peer.reading = true;
    peer.stale = false;
    stale.push_back(owner);
  }
  return stale;
}

void PeerFacts::not_read(const Owner& owner) {
  const auto found = peers_.find(owner);
  if (found == peers_.end()) return;
  found->second.reading = false;
  found->second.stale = true;
}

void PeerFacts::read(const Owner& owner, FactsSnapshot snapshot) {
  const auto found = peers_.find(owner);
  if (found == peers_.end()) return;
  Peer& peer = found->second;
  peer.reading = false;
  // One that has no lease is no news: whether it is to be taken out, its lease decides.
  if (!snapshot.alive) {
    peer.stale = true;
    return;
  }
  peer.known = true;
  peer.number = snapshot.number;
  std::vector<std::string> over;
  for (const auto& [field, value] : peer.facts) {
    if (!snapshot.facts.contains(field)) over.push_back(field);
  }
  for (const std::string& field : over) set(owner, peer, field, nullptr);
  for (const auto& [field, value] : snapshot.facts) set(owner, peer, field, &value);
  if (snapshot.full && !peer.full) {
    peer.full = true;
    supersede(owner);
  }
  auto waiting = std::exchange(peer.waiting, {});
  for (FactsDelta& delta : waiting) hear(std::move(delta));
}

void PeerFacts::supersede(const Owner& owner) {
  std::vector<Owner> before;
  for (auto it = peers_.lower_bound({.node = owner.node, .epoch = INT64_MIN}); it->first < owner; ++it) {
    before.push_back(it->first);
  }
  for (const Owner& old : before) take_out(old);
}

void PeerFacts::doubt() {
  for (auto& [owner, peer] : peers_) peer.stale = true;
}

void PeerFacts::take_out(const Owner& owner) {
  auto peer = peers_.extract(owner);
  if (peer.empty()) return;
  const std::string name = owner.text();
  for (const auto& [field, value] : peer.mapped().facts) told_.fact(name, field, nullptr);
  const auto other = peers_.lower_bound({.node = owner.node, .epoch = INT64_MIN});
  if (other == peers_.end() || other->first.node != owner.node) told_.gone(owner.node);
}

std::vector<Owner> PeerFacts::owners() const {
  std::vector<Owner> all;
  for (const auto& [owner, peer] : peers_) all.push_back(owner);
  return all;
}

std::size_t PeerFacts::nodes() const {
  std::set<std::string> nodes;
  for (const auto& [owner, peer] : peers_) {
    if (peer.known) nodes.insert(owner.node);
  }
  return nodes.size();
}

std::size_t PeerFacts::size() const {
  std::size_t all = 0;
  for (const auto& [owner, peer] : peers_) all += peer.facts.size();
  return all;
}

}  // namespace belfry::redis
