#include "socketio/recovery/sessions.h"

#include <algorithm>

#include "core/ids.h"
#include "socketio/local_namespace.h"
#include "socketio/socket_core.h"

namespace belfry::socketio {

std::string_view session_id_of(std::string_view pid) {
  return pid.substr(0, kSidSize);
}

bool NamespaceRecovery::Expected::is(std::string_view id) const {
  return socket->id() == id;
}

NamespaceRecovery::NamespaceRecovery(LocalNamespace& nsp, runtime::Shard& shard,
                                     const RecoveryOptions& options, milliseconds log_age,
                                     std::size_t max_missed_bytes, RecoveryMetrics& metrics,
                                     std::function<void()> on_unused)
    : nsp_(nsp),
      shard_(shard),
      options_(options),
      log_age_(log_age),
      max_missed_bytes_(max_missed_bytes),
      metrics_(metrics),
      on_unused_(std::move(on_unused)),
      log_(options.max_log_bytes, log_age) {}

NamespaceRecovery::~NamespaceRecovery() = default;

LogPosition NamespaceRecovery::add(LoggedEvent event) {
  const LogPosition position = log_.add(std::move(event), shard_.now());
  arm();
  return position;
}

void NamespaceRecovery::begin(SocketCore& socket, std::optional<EventNumber> base,
                              std::vector<LoggedEvent> inherited, EventNumber born) {
  if (!inherited.empty()) inheritances_.emplace_back(later(shard_.now(), log_age_), socket.id());
  socket.recoverable()->begin(log_.end(), base, std::move(inherited), born);
  arm();
}

// ---- sockets that wait for their client ----

void NamespaceRecovery::suspend(SocketPtr socket) {
  socket->recoverable()->end(log_.end());
  socket->set_may_come_back(true);
  const std::string_view id = socket->id();
  add_deadline(id, dormant_.insert_or_assign(id, Dormant{std::move(socket), {}}).first->second);
  metrics_.dormant.add(1);
  while (dormant_.size() > options_.max_sessions) {
    const auto [deadline, oldest] = std::move(deadlines_.front());
    deadlines_.pop_front();
    const auto it = dormant_.find(oldest);
    if (it != dormant_.end() && it->second.deadline == deadline) forget(oldest);
  }
  arm();
}

// Deadlines of sessions that have gone on since stay behind, so now and then they are thrown out.
void NamespaceRecovery::add_deadline(std::string_view id, Dormant& dormant) {
  dormant.deadline = later(shard_.now(), std::max(options_.max_disconnection, milliseconds(1)));
  deadlines_.emplace_back(dormant.deadline, id);
  if (deadlines_.size() <= 2 * options_.max_sessions + 2) return;
  std::erase_if(deadlines_, [this](const auto& one) {
    const auto it = dormant_.find(one.second);
    return it == dormant_.end() || it->second.deadline != one.first;
  });
}

void NamespaceRecovery::forget(std::string_view id) {
  const auto it = dormant_.find(id);
  if (it == dormant_.end()) return;
  const SocketPtr socket = std::move(it->second.socket);
  dormant_.erase(it);
  socket->set_may_come_back(false);
  nsp_.leave_all(*socket);
  nsp_.tell_room(socket->id(), false);
  metrics_.dormant.add(-1);
}

void NamespaceRecovery::arm() {
  std::optional<TimePoint> next;
  const auto consider = [&next](TimePoint deadline) { next = next ? std::min(*next, deadline) : deadline; };
  if (!deadlines_.empty()) consider(deadlines_.front().first);
  if (!inheritances_.empty()) consider(inheritances_.front().first);
  if (!log_.empty()) consider(later(log_.oldest(), log_age_ + milliseconds(1)));
  if (next == armed_) return;
  armed_ = next;
  timer_ = {};
  if (next) timer_ = shard_.at(*next, [this] { sweep(); });
}

void NamespaceRecovery::sweep() {
  armed_.reset();
  const TimePoint now = shard_.now();
  log_.expire(now);
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    const auto [deadline, id] = std::move(deadlines_.front());
    deadlines_.pop_front();
    const auto it = dormant_.find(id);
    // It may have come back since, and gone again; and what is claimed waits for whoever claims it.
    if (it == dormant_.end() || it->second.deadline != deadline) continue;
    if (it->second.token != 0) {
      add_deadline(it->first, it->second);
    } else {
      forget(id);
    }
  }
  while (!inheritances_.empty() && inheritances_.front().first <= now) {
    SocketCore* socket = nsp_.find(inheritances_.front().second);
    if (socket != nullptr) socket->recoverable()->forget_inherited();
    inheritances_.pop_front();
  }
  arm();
  if (unused()) on_unused_();  // last: this may be gone then
}

// ---- a session goes from one connection to the next ----

std::optional<ClaimedSession> NamespaceRecovery::claim(const Claim& claim) {
  const std::string_view id = session_id_of(claim.pid);
  if (SocketCore* socket = nsp_.find(id); socket != nullptr && socket->has_pid(claim.pid)) {
    socket->fence();
  }
  const auto is_expected = [&claim](const Expected& one) { return one.socket->has_pid(claim.pid); };
  if (const auto it = std::ranges::find_if(expected_, is_expected); it != expected_.end()) {
    it->socket->fence();
  }
  const auto it = dormant_.find(id);
  if (it == dormant_.end() || !it->second.socket->has_pid(claim.pid)) return std::nullopt;
  if (claim.token < it->second.token) return std::nullopt;
  SocketCore& socket = *it->second.socket;
  if (!socket.recoverable()->missed(log_, claim.offset, max_missed_bytes_)) {
    forget(socket.id());
    return std::nullopt;
  }
  it->second.token = claim.token;
  return ClaimedSession{shard_.index(), socket.id(), nsp_.rooms_of(socket), socket.data()};
}

std::optional<Handover> NamespaceRecovery::hand_over(const Claim& claim) {
  const auto it = dormant_.find(session_id_of(claim.pid));
  if (it == dormant_.end() || it->second.token != claim.token) return std::nullopt;
  const SocketPtr socket = it->second.socket;
  RecoverableSession& session = *socket->recoverable();
  auto missed = session.missed(log_, claim.offset, max_missed_bytes_);
  std::optional<Handover> handover;
  if (missed) handover = Handover{nsp_.rooms_of(*socket), std::move(*missed), session.replies()};
  socket->on_handed_over();
  forget(socket->id());
  return handover;
}

void NamespaceRecovery::release(const Claim& claim, bool keep) {
  const auto it = dormant_.find(session_id_of(claim.pid));
  if (it == dormant_.end() || it->second.token != claim.token) return;
  if (!keep) return forget(it->first);
  it->second.token = 0;
  add_deadline(it->first, it->second);
  arm();
}

void NamespaceRecovery::expect(SocketCore& socket, const std::vector<std::string>& rooms) {
  socket.set_may_come_back(true);
  expected_.push_back({&socket, log_.end(), nsp_.rooms_of(socket)});
  nsp_.tell_room(socket.id(), true);
  const std::size_t at = expected_.size() - 1;
  for (const auto& room : rooms) nsp_.join(socket, room);
  expected_[at].told.clear();
}

void NamespaceRecovery::give_up(SocketCore& socket) {
  nsp_.tell_room(socket.id(), false);
  socket.set_may_come_back(false);
  std::erase_if(expected_, [&socket](const Expected& expected) { return expected.socket == &socket; });
}

Settled NamespaceRecovery::settle(SocketCore& socket, const Handover& handover) {
  const auto it = std::ranges::find(expected_, &socket, &Expected::socket);
  const Expected expected = std::move(*it);
  expected_.erase(it);
  socket.set_may_come_back(false);
  socket.recoverable()->replies() = handover.replies;
  for (const auto& [id, answer] : expected.answers) socket.recoverable()->replies().on_answer(id, answer);
  settle_rooms(socket, expected, handover.rooms);

  Settled settled{handover.missed, expected.disconnected};
  std::vector<LoggedEvent> here;
  socket.recoverable()->collect(log_, expected.since, here);
  for (LoggedEvent& event : here) {
    const auto same = [&event](const LoggedEvent& other) { return other.number == event.number; };
    if (std::ranges::none_of(handover.missed, same)) settled.missed.push_back(std::move(event));
  }
  return settled;
}

// What was joined or left where the session was, before this socket was expected here, holds here from then
// on: events have come since. Of rooms that were told of here since, what is here holds.
void NamespaceRecovery::settle_rooms(SocketCore& socket, const Expected& expected,
                                     const std::vector<std::string>& rooms) {
  const auto has = [](const std::vector<std::string>& list, const std::string& room) {
    return std::ranges::find(list, room) != list.end();
  };
  for (const auto& room : nsp_.rooms_of(socket)) {
    if (has(rooms, room) || has(expected.own_rooms, room) || has(expected.told, room)) continue;
    nsp_.leave(socket, room);
    socket.recoverable()->stays().correct(room, false, expected.since);
  }
  for (const auto& room : rooms) {
    if (nsp_.has(socket, room) || has(expected.told, room)) continue;
    nsp_.join(socket, room);
    socket.recoverable()->stays().correct(room, true, expected.since);
  }
}

// ---- what happens to them ----

void NamespaceRecovery::on_rooms_told(const SocketCore& socket, std::string_view room) {
  for (Expected& expected : expected_) {
    if (expected.socket == &socket) expected.told.emplace_back(room);
  }
}

bool NamespaceRecovery::on_answer(const SocketCore& socket, std::uint64_t id, const Payload& payload) {
  const auto it = std::ranges::find(expected_, &socket, &Expected::socket);
  if (it == expected_.end()) return false;
  it->answers.emplace_back(id, payload);
  return true;
}

void NamespaceRecovery::disconnect(SocketCore& socket) {
  for (Expected& expected : expected_) {
    if (expected.socket == &socket) expected.disconnected = true;
  }
  const auto it = dormant_.find(socket.id());
  if (it != dormant_.end() && it->second.socket.get() == &socket) forget(socket.id());
}

}  // namespace belfry::socketio
