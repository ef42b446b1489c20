#include "net/address_table.h"

namespace belfry::net {

AddressTable::Answer AddressTable::open(const AddressBytes& address, Kind kind, TimePoint now) {
  const bool connection = kind == Kind::connection;
  const std::size_t max = connection ? limits_.max_connections : limits_.max_sessions;
  const Rate& rate = connection ? limits_.connections : limits_.handshakes;
  const auto [found, is_new] = entries_.try_emplace(address);
  Entry& entry = found->second;
  if (is_new) entry.idle = idle_.insert(idle_.end(), address);
  Use& use = entry.use(kind);
  Answer answer;
  if (max != 0 && use.open >= max) {
    answer.verdict = Verdict::too_many;
  } else if (rate.bounded() && (answer.retry_after = use.opened.until_one(rate, now)).count() > 0) {
    answer.verdict = Verdict::too_often;
  } else {
    if (entry.is_idle()) idle_.erase(entry.idle);
    ++use.open;
    if (rate.bounded()) use.opened.take(rate, now);
  }
  forget_quiet(now);
  return answer;
}

void AddressTable::close(const AddressBytes& address, Kind kind) {
  Entry& entry = entries_.at(address);
  --entry.use(kind).open;
  if (entry.is_idle()) entry.idle = idle_.insert(idle_.end(), address);
}

void AddressTable::forget_quiet(TimePoint now) {
  constexpr int kAtOnce = 2;  // more than one call can bring, so that they do not pile up
  for (int i = 0; i < kAtOnce && !idle_.empty(); ++i) {
    const auto entry = entries_.find(idle_.front());
    const bool full = entry->second.connections.opened.full(now) && entry->second.sessions.opened.full(now);
    if (!full && idle_.size() <= limits_.max_addresses) return;
    entries_.erase(entry);
    idle_.pop_front();
  }
}

}  // namespace belfry::net
