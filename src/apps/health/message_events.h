// Events of a visit's messages: sending them, their receipts, and their history.
#pragma once

#include <string>

#include "apps/common/events.h"
#include "apps/health/receipts.h"
#include "apps/health/shard_state.h"
#include "runtime/event_bus.h"

namespace belfry::health {

/// Owned by the gateway. What happens in a visit is told from one shard, its home, in the order of commits.
class MessageEvents {
 public:
  MessageEvents(Context& context, apps::Events& events, runtime::EventBus& bus);

 private:
  void on_send(const apps::Request& request, const SendInput& input);
  void on_received(const apps::Request& request, const ReceivedInput& input);
  void on_read(const apps::Request& request, const ReadInput& input);
  void on_history(const apps::Request& request, const HistoryInput& input);

  void tell(const MessageStored& stored) const;
  void tell(const MessageDelivered& delivered) const;
  void tell(const MessagesRead& read) const;
  void measure_delivery(TimePoint received_at) const;

  Context& context_;
};

}  // namespace belfry::health
