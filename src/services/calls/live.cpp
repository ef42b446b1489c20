#include "services/calls/live.h"

#include <algorithm>

namespace belfry::calls {

void LiveCalls::add(const Call& call, const std::string& device, TimePoint now, const std::string& node) {
  Live live;
  live.call = call;
  if (call.state == State::ringing) live.ring_until = later(now, options_.ring_timeout);
  live.sides[0].user_id = call.caller_id;
  live.sides[0].device = device;
  live.sides[0].place.node = node;
  live.sides[1].user_id = call.recipient_id;
  for (Side& side : live.sides) settle(live, side);
  calls_.insert_or_assign(call.id, std::move(live));
  for (const std::string& user : {call.caller_id, call.recipient_id}) {
    call_of_user_.insert_or_assign(user, call.id);
  }
}

void LiveCalls::adopt(const Call& call, TimePoint until) {
  if (calls_.contains(call.id)) return;
  add(call, "", until);
  for (Side& side : calls_.at(call.id).sides) {
    const bool takes_part = call.state == State::active || side.user_id == call.caller_id;
    if (side.device.empty() && takes_part) side.lost_at = until;
  }
}

void LiveCalls::settle(const Live& live, Side& side) const {
  const auto known = elsewhere_.find(side.user_id);
  if (known == elsewhere_.end() || known->second.call_id != live.call.id) return;
  // Before the call is known to be accepted, what waits for the recipient must stay together.
  if (live.call.state == State::ringing && side.user_id == live.call.recipient_id) return;
  side.device = known->second.device;
  side.place = {.node = known->second.owner.substr(0, known->second.owner.rfind(':')),
                .owner = known->second.owner};
}

void LiveCalls::remove(const std::string& call_id) {
  const auto found = calls_.find(call_id);
  if (found == calls_.end()) return;
  for (Side& side : found->second.sides) {
    const auto entry = call_of_user_.find(side.user_id);
    if (entry != call_of_user_.end() && entry->second == call_id) call_of_user_.erase(entry);
    if (side.lost_at && !side.missed.empty()) {
      missed_.insert_or_assign(side.user_id, Missed{std::move(side.missed), *side.lost_at});
    }
  }
  calls_.erase(found);
}

void LiveCalls::note(const std::string& user_id, const Notice& notice) {
  Live* live = live_of(user_id);
  if (live == nullptr) return;
  Side& side = live->side_of(user_id);
  if (side.lost_at) side.missed.push_back(notice);
}

std::vector<Notice> LiveCalls::take_missed(const std::string& user_id, TimePoint now) {
  auto missed = missed_.extract(user_id);
  if (missed.empty() || missed.mapped().until <= now) return {};
  return std::move(missed.mapped().notices);
}

const LiveCalls::Live* LiveCalls::live_of(const std::string& user_id) const {
  const auto entry = call_of_user_.find(user_id);
  return entry == call_of_user_.end() ? nullptr : &calls_.at(entry->second);
}

LiveCalls::Live* LiveCalls::live_of(const std::string& user_id) {
  const auto entry = call_of_user_.find(user_id);
  return entry == call_of_user_.end() ? nullptr : &calls_.at(entry->second);
}

std::vector<std::string> LiveCalls::ring(const std::string& call_id,
                                         const std::vector<std::string>& devices) {
  std::vector<std::string> fresh;
  const auto found = calls_.find(call_id);
  if (found == calls_.end() || found->second.call.state != State::ringing) return fresh;
  for (const std::string& device : devices) {
    if (found->second.rung.insert(device).second) fresh.push_back(device);
  }
  return fresh;
}

bool LiveCalls::rings(const std::string& call_id) const {
  const auto found = calls_.find(call_id);
  return found != calls_.end() && !found->second.rung.empty();
}

void LiveCalls::accept(const Call& call, const std::string& device, const std::string& node) {
  const auto found = calls_.find(call.id);
  if (found == calls_.end()) return;
  Live& live = found->second;
  live.call = call;
  live.ring_until.reset();
  live.sides[1].device = device;
  live.sides[1].place = {.node = node, .owner = {}};
  settle(live, live.sides[1]);
  // It was answered here: devices that have come meanwhile are none that have come back.
  for (Side& side : live.sides) side.newcomer.clear();
}

std::vector<Signal> LiveCalls::take_signals(const std::string& call_id) {
  const auto found = calls_.find(call_id);
  return found == calls_.end() ? std::vector<Signal>() : take_kept(found->second.sides[1]);
}

const Call* LiveCalls::find(const std::string& call_id, std::string_view user_id) const {
  const auto found = calls_.find(call_id);
  return found != calls_.end() && found->second.call.has(user_id) ? &found->second.call : nullptr;
}

std::vector<Signal> LiveCalls::take_kept(Side& side) {
  side.kept_bytes = 0;
  return std::exchange(side.kept, {});
}

Result<std::optional<std::string>> LiveCalls::signal(const std::string& call_id,
                                                     std::string_view recipient_id, Signal signal) {
  const auto found = calls_.find(call_id);
  if (found == calls_.end() || !found->second.call.has(signal.sender_id)) {
    return fail(ErrorKind::not_found, "Call not found");
  }
  Live& live = found->second;
  if (live.call.state == State::ringing && live.call.caller_id != signal.sender_id) {
    return std::unexpected(wrong_state("signal", live.call.state));
  }
  if (live.call.other(signal.sender_id) != recipient_id) {
    return fail_field("recipientId", "is not the other side of this call");
  }
  Side& side = live.side_of(recipient_id);
  if (!side.device.empty()) return side.device;
  if (side.kept.size() >= options_.kept_signals_max ||
      side.kept_bytes + signal.bytes > options_.kept_bytes_max) {
    return fail(ErrorKind::too_large, "Too many signals");
  }
  side.kept_bytes += signal.bytes;
  side.kept.push_back(std::move(signal));
  return std::nullopt;
}

std::vector<std::string> LiveCalls::report(const std::string& call_id, const std::string& user_id,
                                           const std::vector<std::string>& issues, TimePoint now) {
  std::vector<std::string> news;
  auto& told = calls_.at(call_id).told;
  for (const std::string& issue : issues) {
    const auto [entry, first] = told.try_emplace({user_id, issue}, now);
    if (!first && now < entry->second + options_.quality_pause) continue;
    entry->second = now;
    news.push_back(issue);
  }
  return news;
}

TakenOver LiveCalls::take_over(const Live& live, Side& side, const std::string& device) {
  side.lost_at.reset();
  side.asked = false;
  side.device = device;
  side.place = {};
  side.newcomer.clear();
  return {
      .call = live.call, .device = device, .missed = std::exchange(side.missed, {}), .kept = take_kept(side)};
}

std::optional<TakenOver> LiveCalls::drop(const std::string& user_id, const std::string& device, Loss loss,
                                         TimePoint when, milliseconds pause) {
  Live* live = live_of(user_id);
  if (live == nullptr) return std::nullopt;
  Side& side = live->side_of(user_id);
  if (side.newcomer == device) side.newcomer.clear();
  if (side.device != device) return std::nullopt;
  side.device.clear();
  side.place = {};
  const bool back =
      loss == Loss::silent ? when < later(side.came_at, options_.reconnect_grace) : when < side.came_at;
  if (back && !side.newcomer.empty()) return take_over(*live, side, std::string(side.newcomer));
  side.lost_at = later(when, options_.reconnect_grace);
  side.pause = pause;
  return std::nullopt;
}

std::optional<TakenOver> LiveCalls::connect(const std::string& user_id, const std::string& device,
                                            TimePoint now) {
  Live* live = live_of(user_id);
  if (live == nullptr) return std::nullopt;
  Side& side = live->side_of(user_id);
  if (side.lost_at) return take_over(*live, side, device);
  side.newcomer = device;
  side.came_at = now;
  return std::nullopt;
}

std::optional<TakenOver> LiveCalls::move_elsewhere(const std::string& user_id, const std::string& call_id,
                                                   const std::string& device, const std::string& owner) {
  elsewhere_.insert_or_assign(user_id, Elsewhere{.call_id = call_id, .device = device, .owner = owner});
  Live* live = live_of(user_id);
  if (live == nullptr || live->call.id != call_id) return std::nullopt;
  Side& side = live->side_of(user_id);
  std::optional<TakenOver> taken;
  // Who has not accepted has no part in it yet.
  if (side.device != device && side.lost_at) taken = take_over(*live, side, device);
  settle(*live, side);
  return taken;
}

std::optional<TakenOver> LiveCalls::leave_elsewhere(const std::string& user_id, const std::string& owner,
                                                    Loss loss, TimePoint when, milliseconds pause) {
  const auto known = elsewhere_.find(user_id);
  if (known != elsewhere_.end() && known->second.owner == owner) elsewhere_.erase(known);
  Live* live = live_of(user_id);
  if (live == nullptr) return std::nullopt;
  Side& side = live->side_of(user_id);
  if (side.device.empty() || side.place.owner != owner) return std::nullopt;
  return drop(user_id, std::string(side.device), loss, when, pause);
}

std::vector<std::string> LiveCalls::users_on(const std::string& node) const {
  std::vector<std::string> users;
  for (const auto& [id, live] : calls_) {
    for (const Side& side : live.sides) {
      if (side.place.node == node && side.place.owner.empty() && !side.device.empty()) {
        users.push_back(side.user_id);
      }
    }
  }
  return users;
}

const Call* LiveCalls::ringing_for(const std::string& user_id) const {
  const Live* live = live_of(user_id);
  const bool rings =
      live != nullptr && live->call.state == State::ringing && live->call.recipient_id == user_id;
  return rings ? &live->call : nullptr;
}

std::vector<Overdue> LiveCalls::due(TimePoint now) {
  std::vector<Overdue> overdue;
  for (auto& [id, live] : calls_) {
    if (live.ring_until && *live.ring_until <= now) {
      live.ring_until.reset();
      overdue.push_back({.call_id = id, .lost_user = {}});
    }
    for (Side& side : live.sides) {
      if (!side.lost_at || side.asked || side.overdue_at() > now) continue;
      side.asked = true;
      overdue.push_back({.call_id = id, .lost_user = side.user_id});
    }
  }
  std::erase_if(missed_, [now](const auto& entry) { return entry.second.until <= now; });
  return overdue;
}

void LiveCalls::ask_again(const Overdue& overdue, TimePoint at) {
  const auto found = calls_.find(overdue.call_id);
  if (found == calls_.end()) return;
  if (overdue.lost_user.empty()) {
    if (found->second.call.state == State::ringing) found->second.ring_until = at;
    return;
  }
  Side& side = found->second.side_of(overdue.lost_user);
  if (!side.lost_at) return;
  side.lost_at = at;
  side.pause = milliseconds(0);
  side.asked = false;
}

std::optional<TimePoint> LiveCalls::next_deadline() const {
  std::optional<TimePoint> next;
  const auto consider = [&next](const std::optional<TimePoint>& deadline) {
    if (deadline && (!next || *deadline < *next)) next = deadline;
  };
  for (const auto& [id, live] : calls_) {
    consider(live.ring_until);
    for (const Side& side : live.sides) {
      if (side.lost_at && !side.asked) consider(side.overdue_at());
    }
  }
  for (const auto& [user, missed] : missed_) consider(missed.until);
  return next;
}

bool LiveCalls::is_active(const std::string& user_id) const {
  const Live* live = live_of(user_id);
  return live != nullptr && live->call.state == State::active;
}

std::size_t LiveCalls::count(State state) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(calls_, [state](const auto& entry) { return entry.second.call.state == state; }));
}

}  // namespace belfry::calls
