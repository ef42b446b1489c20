#include "socketio/recovery/handover.h"

#include "socketio/gather.h"
#include "socketio/hub.h"
#include "socketio/socket_core.h"

namespace belfry::socketio {

namespace {

NamespaceRecovery* recovery_of(Hub& hub, std::string_view nsp) {
  LocalNamespace* local = hub.find(nsp);
  return local != nullptr ? local->recovery() : nullptr;
}

}  // namespace

void claim_session(Hub& hub, const std::string& nsp, const Claim& claim,
                   std::function<void(std::optional<ClaimedSession>)> done) {
  Shared& shared = hub.shared();
  const auto first = [done = std::move(done)](std::vector<ClaimedSession> found) {
    done(found.empty() ? std::nullopt : std::optional(std::move(found.front())));
  };
  auto gather = std::make_shared<Gather<ClaimedSession>>(*shared.shards, first);
  shared.shards->on_each([&shared, nsp, claim, gather](runtime::Shard& shard) {
    NamespaceRecovery* recovery = recovery_of(*shared.hubs[shard.index()], nsp);
    auto claimed = recovery != nullptr ? recovery->claim(claim) : std::nullopt;
    std::vector<ClaimedSession> found;
    if (claimed) found.push_back(std::move(*claimed));
    gather->report(std::move(found));
  });
}

// An event goes to all shards at once, but each handles it when it gets to it. The session's shard therefore
// asks every shard for a word, which comes behind all that this one has sent before: then it has handled
// every event that the new connection's shard had handled when it asked.
void take_session(Hub& hub, const std::string& nsp, const Claim& claim, unsigned from,
                  std::function<void(std::optional<Handover>)> done) {
  Shared& shared = hub.shared();
  const auto answer = [&shared, &home = hub.shard(), nsp, claim, from, done = std::move(done)] {
    NamespaceRecovery* recovery = recovery_of(*shared.hubs[from], nsp);
    auto handover = recovery != nullptr ? recovery->hand_over(claim) : std::nullopt;
    home.run_or_post([done, handover = std::move(handover)]() mutable { done(std::move(handover)); });
  };
  shared.shards->at(from).run_or_post([&shared, answer] {
    auto gather = std::make_shared<Gather<char>>(*shared.shards, [answer](const auto&) { answer(); });
    shared.shards->on_each([gather](runtime::Shard&) { gather->report({}); });
  });
}

void release_session(Hub& hub, const std::string& nsp, const Claim& claim, unsigned from, bool keep) {
  Shared& shared = hub.shared();
  shared.shards->at(from).run_or_post([&shared, nsp, claim, from, keep] {
    if (NamespaceRecovery* recovery = recovery_of(*shared.hubs[from], nsp)) recovery->release(claim, keep);
  });
}

void fence_session(Hub& hub, const std::string& nsp, const std::string& pid, std::function<void()> done) {
  Shared& shared = hub.shared();
  auto gather =
      std::make_shared<Gather<char>>(*shared.shards, [done = std::move(done)](const auto&) { done(); });
  shared.shards->on_each([&shared, nsp, pid, gather](runtime::Shard& shard) {
    LocalNamespace* local = shared.hubs[shard.index()]->find(nsp);
    SocketCore* socket = local != nullptr ? local->find(session_id_of(pid)) : nullptr;
    if (socket != nullptr && socket->has_pid(pid)) socket->fence();
    gather->report({});
  });
}

void forward_answer(Hub& hub, const std::string& nsp, const std::string& id, std::uint64_t ack_id,
                    const Payload& payload) {
  Shared& shared = hub.shared();
  shared.shards->on_each([&shared, nsp, id, ack_id, payload](runtime::Shard& shard) {
    LocalNamespace* local = shared.hubs[shard.index()]->find(nsp);
    if (local == nullptr) return;
    for (const SocketPtr& socket : local->select_members({.rooms = {id}, .except = {}})) {
      NamespaceRecovery* recovery = local->recovery();
      const bool is_expected = recovery != nullptr && recovery->on_answer(*socket, ack_id, payload);
      if (!is_expected) socket->answer(ack_id, payload);
    }
  });
}

}  // namespace belfry::socketio
