// What a socket's client sends: its bounds, its middlewares, its handlers, its answers.
#include "socketio/client.h"
#include "socketio/local_namespace.h"
#include "socketio/recovery/handover.h"
#include "socketio/socket_calls.h"

namespace belfry::socketio {

namespace {

std::size_t digest_of(const Packet& packet) {
  constexpr std::size_t kFactor = 1'099'511'628'211u;  // of the FNV hash
  std::size_t digest = std::hash<std::string_view>{}(packet.event);
  for (std::size_t i = 0; i < packet.args->size(); ++i) {
    digest *= kFactor;
    digest ^= packet.args->is_text() ? std::hash<std::string_view>{}(packet.args->json(i))
                                     : std::hash<Value>{}(packet.args->at(i));
  }
  return digest;
}

}  // namespace

void SocketCore::limit_with(std::shared_ptr<SharedLimit> limit) {
  if (meter_ == nullptr) meter_ = std::make_unique<SocketMeter>();
  meter_->shared = std::move(limit);
}

void SocketCore::measure(std::string_view event, std::size_t size) {
  const RateLimits& limits = def_->limits ? *def_->limits : hub_.shared().limits.per_socket;
  if (meter_ == nullptr) {
    if (!limits.bounded() && def_->event_rates.empty()) return;
    meter_ = std::make_unique<SocketMeter>();
  }
  const auto debt = meter_->take(limits, def_->event_rates, event, size, hub_.shard().now());
  client_->intake().owe(debt.owed, debt.limit);
}

void SocketCore::on_event(const Packet& packet, std::size_t size) {
  if (packet.event.size() > hub_.shared().limits.max_event_name_bytes) {
    return client_->fail(Limit::event_name);
  }
  measure(packet.event, size);
  ReplyPtr reply;
  if (packet.id) {
    if (recoverable_ != nullptr && was_answered(packet)) return;
    reply = std::make_shared<PendingReply>(PendingReply{weak_from_this(), *packet.id});
    if (recoverable_ != nullptr) reply->keep = shared_from_this();
  }
  const bool middlewares = !def_->handlers.packet_middlewares.empty() ||
                           (own_handlers_ != nullptr && !own_handlers_->packet_middlewares.empty());
  if (!middlewares) return deliver(packet.event, *packet.args, reply);

  if (deliveries_ == nullptr) deliveries_ = std::make_unique<std::deque<std::shared_ptr<Delivery>>>();
  if (deliveries_->size() >= hub_.shared().limits.max_waiting_events) {
    return client_->fail(Limit::waiting_events);
  }
  deliveries_->push_back(
      std::make_shared<Delivery>(Delivery{std::string(packet.event), *packet.args, reply}));
  pass_middlewares();
}

// An event that is sent again is not done again: it gets the answer that it was given, or is yet to be given.
bool SocketCore::was_answered(const Packet& packet) {
  KeptReplies& replies = recoverable_->replies();
  const std::uint64_t id = *packet.id;
  const auto seen = replies.on_event(id, digest_of(packet));
  if (seen == KeptReplies::Seen::answered) {
    send(MessageRef(encoder().encode(PacketType::ack, *nsp_name_, id, replies.answer(id))), false);
  }
  return seen != KeptReplies::Seen::first;
}

void SocketCore::answer(std::uint64_t id, const Payload& payload) {
  if (handed_over_) return forward_answer(hub_, *nsp_name_, id_, id, payload);
  if (recoverable_ != nullptr && !recoverable_->replies().on_answer(id, payload)) return;
  send(MessageRef(encoder().encode(PacketType::ack, *nsp_name_, id, payload)), false);
}

// Delivers what no middleware holds up. A loop, though middlewares and handlers call back into it: a client
// decides how many events wait, and must not decide how deep the stack gets.
void SocketCore::pass_middlewares() {
  if (std::exchange(passing_, true)) return;
  const auto self = shared_from_this();
  while (deliveries_ != nullptr && !deliveries_->empty() && !deliveries_->front()->waits) {
    const auto delivery = deliveries_->front();
    if (!delivery->stopped && ask_next(delivery)) continue;
    if (!delivery->stopped) deliver(delivery->event, delivery->args, delivery->reply);
    if (delivery->error) report(delivery->event, *delivery->error);
    if (deliveries_ != nullptr) deliveries_->pop_front();
  }
  passing_ = false;
}

// False: all have been asked.
bool SocketCore::ask_next(const std::shared_ptr<Delivery>& delivery) {
  const auto& shared = def_->handlers.packet_middlewares;
  const std::size_t own = own_handlers_ != nullptr ? own_handlers_->packet_middlewares.size() : 0;
  if (delivery->asked == shared.size() + own) return false;
  const std::size_t index = delivery->asked++;
  const PacketMiddleware middleware =
      index < shared.size() ? shared[index] : own_handlers_->packet_middlewares[index - shared.size()];
  delivery->waits = true;
  auto next = [self = shared_from_this(), delivery, turn = delivery->asked](std::optional<Error> error) {
    self->hub_.shard().run_or_post([self, delivery, turn, error = std::move(error)] {
      if (!self->connected() || !delivery->waits || delivery->asked != turn) return;
      delivery->waits = false;
      delivery->stopped = error.has_value();
      delivery->error = error;
      self->pass_middlewares();
    });
  };
  const bool done = guarded("a packet middleware", delivery->reply,
                            [&] { middleware(shared_from_this(), delivery->event, delivery->args, next); });
  if (!done && std::exchange(delivery->waits, false)) delivery->stopped = true;
  return true;
}

void SocketCore::report(std::string_view event, const Error& error) {
  const auto self = shared_from_this();
  const auto call = [&](const ErrorHandler& handler) {
    guarded(event, nullptr, [&] { handler(self, event, error); });
  };
  each_of(def_->handlers.error, call);
  if (own_handlers_ != nullptr) each_of(own_handlers_->error, call);
}

void SocketCore::deliver(std::string_view event, const Args& args, const ReplyPtr& reply) {
  const auto self = shared_from_this();
  bool handled = false;
  const auto run = [&](const Handlers& handlers) {
    each_of(handlers.any,
            [&](const AnyHandler& handler) { guarded(event, reply, [&] { handler(self, event, args); }); });
    const auto it = handlers.events.find(event);
    if (it == handlers.events.end() || !connected()) return;
    handled = true;
    each_of(it->second,
            [&](const EventHandler& handler) { guarded(event, reply, [&] { handler(self, args, reply); }); });
  };
  run(def_->handlers);
  if (own_handlers_ != nullptr && connected()) run(*own_handlers_);
  const UnhandledHandler& unhandled = def_->handlers.unhandled;
  if (handled || !unhandled || !connected()) return;
  guarded(event, reply, [&] { unhandled(self, event, args, reply); });
}

}  // namespace belfry::socketio
