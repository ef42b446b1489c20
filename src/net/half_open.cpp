#include "net/half_open.h"

#include "net/http_pump.h"

namespace belfry::net {

void HalfOpen::enter(HttpPump& pump) {
  leave(pump);
  waiting_.push_back(pump);
  ++count_;
  while (count_ > max_) {
    HttpPump& oldest = waiting_.front();
    leave(oldest);
    ended_.add(1);
    oldest.give_up();
  }
}

void HalfOpen::leave(HttpPump& pump) {
  ListHook<HalfOpenTag>& hook = pump;
  if (!hook.linked()) return;
  hook.unlink();
  --count_;
}

}  // namespace belfry::net
