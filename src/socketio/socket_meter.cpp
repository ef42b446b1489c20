#include "socketio/socket_meter.h"

#include <algorithm>

namespace belfry::socketio {

SocketMeter::Debt SocketMeter::take(const RateLimits& own, const EventRates& rates, std::string_view event,
                                    std::size_t size, TimePoint now) {
  Debt debt;
  const auto owe = [&debt](TokenBucket::Duration owed, std::string_view limit) {
    if (owed > debt.owed) debt = {owed, limit};
  };
  if (own.bounded()) owe(meter_.take(own, now, size), "socket");
  if (const auto rate = rates.find(event); rate != rates.end() && rate->second.bounded()) {
    auto bucket = std::ranges::find(events_, &rate->second, [](const auto& one) { return one.first; });
    if (bucket == events_.end()) bucket = events_.insert(bucket, {&rate->second, {}});
    bucket->second.take(rate->second, now);
    owe(bucket->second.owed(rate->second, now), "event");
  }
  if (shared != nullptr) owe(shared->take(now, size), "user");
  return debt;
}

}  // namespace belfry::socketio
