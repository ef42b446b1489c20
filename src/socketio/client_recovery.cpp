// A client that comes back: how it goes on with its session, that this server has or that servers share.
#include <limits>

#include "core/ids.h"
#include "socketio/client_entry.h"
#include "socketio/recovery/entry_id.h"

namespace belfry::socketio {

namespace {

const Value* find_member(const Value& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

}  // namespace

void Client::look_for_session(const std::shared_ptr<Entry>& entry) {
  const Value* pid = find_member(entry->auth, "pid");
  if (pid == nullptr || !pid->is_string()) return begin_new(entry);
  const auto& id = pid->get_ref<const std::string&>();
  if (hub_.shared().sessions == nullptr) {
    // What cannot be one of ours is not sent around.
    return id.size() == kPidSize ? ask_for_session(entry, id) : begin_new(entry);
  }
  const Value* text = find_member(entry->auth, "offset");
  const auto offset = text != nullptr && text->is_string()
                          ? parse_entry_id(text->get_ref<const std::string&>())
                          : std::nullopt;
  if (id.size() <= kMaxSharedPidSize && offset) return claim_shared(entry, id, *offset);
  hub_.recovery_metrics().refused.add(1);
  begin_new(entry);
}

void Client::ask_for_session(const std::shared_ptr<Entry>& entry, const std::string& pid) {
  constexpr EventNumber kNone = std::numeric_limits<EventNumber>::max();
  entry->claim = {pid, std::nullopt, static_cast<std::uint64_t>(hub_.shared().next_claim.take_next()) + 1};
  if (const Value* offset = find_member(entry->auth, "offset")) {
    entry->claim.offset =
        offset->is_string() ? parse_offset(offset->get_ref<const std::string&>()).value_or(kNone) : kNone;
  }
  claim_session(hub_, *entry->nsp->name(), entry->claim, [entry](std::optional<ClaimedSession> session) {
    entry->session = std::move(session);
    on_claimed(entry, entry->session ? entry->session->id : "");
  });
}

// With the session's id, where it goes on with one.
void Client::on_claimed(const std::shared_ptr<Entry>& entry, std::string id) {
  Client* client = entry->client;
  if (client == nullptr) {
    entry->release_session();
    return entry->leave();
  }
  if (entry->goes_on()) return client->begin(entry, {std::move(id), entry->claim.pid});
  entry->hub.recovery_metrics().refused.add(1);
  entry->claim = {};
  client->begin_new(entry);
}

void Client::take_over(const std::shared_ptr<Entry>& entry) {
  entry->taking = true;
  entry->nsp->recovery()->expect(*entry->socket, entry->session->rooms);
  take_session(hub_, *entry->nsp->name(), entry->claim, entry->session->shard,
               [entry](const std::optional<Handover>& handover) { on_handover(*entry, handover); });
}

void Client::on_handover(Entry& entry, const std::optional<Handover>& handover) {
  const SocketPtr socket = entry.socket;
  NamespaceRecovery& recovery = *entry.nsp->recovery();
  entry.taking = false;
  entry.session.reset();
  if (!handover) {
    // Another connection of its client has it, or it is too late.
    entry.hub.recovery_metrics().refused.add(1);
    recovery.give_up(*socket);
    if (entry.client != nullptr) return entry.client->session_.fail(engineio::CloseReason::transport_close);
    entry.nsp->leave_all(*socket);
    return entry.leave();
  }
  const Settled settled = recovery.settle(*socket, *handover);
  if (entry.client != nullptr) {
    entry.hub.recovery_metrics().recovered.add(1);
    entry.client->admit(entry, settled.missed);
    if (settled.disconnected) socket->disconnect(false);
    return;
  }
  // Its client has gone once more: the session waits here now.
  recovery.begin(*socket, entry.claim.offset, settled.missed);
  if (settled.disconnected) {
    entry.nsp->leave_all(*socket);
    entry.nsp->tell_room(socket->id(), false);
  } else {
    recovery.suspend(socket);
  }
  entry.leave();
}

// ---- on with a session that servers share ----

void Client::claim_shared(const std::shared_ptr<Entry>& entry, const std::string& pid, EventNumber offset) {
  entry->claim = {pid, offset};
  const auto done = [entry](std::optional<SharedSession> session) {
    entry->shared = std::move(session);
    on_claimed(entry, entry->shared ? entry->shared->stays.id() : "");
  };
  fence_session(hub_, *entry->nsp->name(), pid, [entry, done] {
    entry->hub.shared().sessions->claim(*entry->nsp->name(), entry->claim.pid, *entry->claim.offset,
                                        entry->hub.shard().index(), done);
  });
}

void Client::catch_up(const std::shared_ptr<Entry>& entry) {
  entry->taking = true;
  hub_.shared().sessions->catch_up(
      *entry->nsp->name(), *entry->shared, *entry->claim.offset, hub_.shared().options.max_missed_bytes,
      hub_.shard().index(),
      [entry](std::optional<CaughtUp> caught_up) { on_caught_up(entry, std::move(caught_up)); });
}

void Client::on_caught_up(const std::shared_ptr<Entry>& entry, std::optional<CaughtUp> caught_up) {
  const SocketPtr socket = entry->socket;
  LocalNamespace& nsp = *entry->nsp;
  Client* client = entry->client;
  entry->taking = false;
  if (client == nullptr) {
    nsp.leave_all(*socket);
    entry->release_session();
    return entry->leave();
  }
  if (!caught_up) {
    entry->hub.recovery_metrics().refused.add(1);
    entry->auth = socket->auth();
    entry->asked = 0;
    entry->claim = {};
    entry->shared.reset();
    socket->on_turned_away();
    return client->begin_new(entry);
  }
  entry->hub.recovery_metrics().recovered.add(1);
  const EventNumber next = caught_up->passed + 1;
  RecoverableSession& session = *socket->recoverable();
  const auto own_rooms = nsp.rooms_of(*socket);
  for (const auto& room : caught_up->stays.rooms()) nsp.join(*socket, room);
  session.stays() = std::move(caught_up->stays);
  for (const auto& room : own_rooms) session.stays().on_join(room, next);
  session.shared() = {.begin = entry->shared->begin, .next = next};

  const Encoder& encoder = entry->hub.shared().encoder;
  std::vector<SharedMessage> missed;
  for (const MissedEvent& event : caught_up->missed) {
    const Payload payload = with_offset(event.payload, entry_id_text(event.entry));
    missed.push_back(
        std::make_shared<const Encoded>(encoder.encode_event(*nsp.name(), payload, event.flags)));
  }
  client->let_in(*entry, missed);
}

}  // namespace belfry::socketio
