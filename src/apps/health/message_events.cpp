#include "apps/health/message_events.h"

#include <memory>
#include <utility>

#include "apps/common/json.h"

namespace belfry::health {

namespace {

using apps::Request;

// An admin is no participant, but may be in the visit's room.
std::vector<std::string> everybody(const std::string& visit_id,
                                   const std::vector<std::string>& participants) {
  std::vector<std::string> rooms{"visit:" + visit_id};
  for (const std::string& id : participants) rooms.push_back(user_room_name(id));
  return rooms;
}

}  // namespace

MessageEvents::MessageEvents(Context& context, apps::Events& events, runtime::EventBus& bus)
    : context_(context) {
  events.on<SendInput>("message:send", [this](const auto& r, const auto& input) { on_send(r, input); });
  events.on<ReceivedInput>("message:received",
                           [this](const auto& r, const auto& input) { on_received(r, input); });
  events.on<ReadInput>("message:read", [this](const auto& r, const auto& input) { on_read(r, input); });
  events.on<HistoryInput>("message:history",
                          [this](const auto& r, const auto& input) { on_history(r, input); });

  // The store's thread commits while a shard tells; one shard for each visit keeps the order of its messages.
  bus.subscribe<MessageStored>([this](const auto& event) {
    context_.homes.run(event->message.conversation_id, [this, event](ShardState&) { tell(*event); });
  });
  bus.subscribe<MessageDelivered>([this](const auto& event) {
    context_.homes.run(event->message.conversation_id, [this, event](ShardState&) { tell(*event); });
  });
  bus.subscribe<MessagesRead>([this](const auto& event) {
    context_.homes.run(event->visit_id, [this, event](ShardState&) { tell(*event); });
  });
}

void MessageEvents::on_send(const Request& request, const SendInput& input) {
  const Caller caller = caller_of(request.socket);
  auto message = read_message(input, caller.user_id, context_.options.message);
  if (!message) return request.refuse(message.error());

  const auto write = [caller, visit = input.visit_id, message = std::move(*message),
                      answered = request.ack.wanted() ? request.socket.id() : "",
                      now = TimePoint::clock::now()](store::Transaction& tx) {
    return send_message(tx, caller, visit, message, answered, now);
  };
  const auto done = [request](const Result<conversations::Stored>& stored) {
    if (!stored) return request.refuse(stored.error());
    const Value json = to_json(stored->message);
    // What was there already is told to nobody; but who asked for no answer has to know.
    if (stored->repeated && !request.ack.wanted()) request.socket.emit("message:sent", json);
    request.succeed({{"message", json}});
  };
  const auto submit = [this, request, post = apps::post_here(), user = caller.user_id, visit = input.visit_id,
                       write, done](ShardState& home) {
    home.messages->check(user, TimePoint::clock::now(), [=, this](const Result<void>& passed) {
      passed ? context_.store.write(post, visit, write, done) : request.refuse(passed.error());
    });
  };
  context_.homes.run(caller.user_id, submit);
}

void MessageEvents::on_received(const Request& request, const ReceivedInput& input) {
  const Caller caller = caller_of(request.socket);
  const auto read = [caller, id = input.message_id](store::Transaction& tx) {
    return message_for(tx, caller, id);
  };
  const store::Post post = apps::post_here();
  context_.store.read(post, read, [this, request, caller, post](const Result<conversations::Message>& found) {
    if (!found) return request.refuse(found.error());
    const auto write = [caller, message = *found](store::Transaction& tx) {
      return receive_message(tx, caller, message);
    };
    context_.store.write(post, found->conversation_id, write, [request](const Result<void>& done) {
      if (!done) return request.refuse(done.error());
      request.succeed();
    });
  });
}

void MessageEvents::on_read(const Request& request, const ReadInput& input) {
  const auto mark = apps::read_mark(input);
  if (!mark) return request.refuse(mark.error());
  const auto write = [caller = caller_of(request.socket), visit = input.visit_id, mark = *mark](
                         store::Transaction& tx) { return mark_messages_read(tx, caller, visit, mark); };
  context_.store.write(apps::post_here(), input.visit_id, write, [request](const Result<std::size_t>& count) {
    if (!count) return request.refuse(count.error());
    request.succeed({{"markedCount", *count}});
  });
}

void MessageEvents::on_history(const Request& request, const HistoryInput& input) {
  const auto query = apps::read_history(input);
  if (!query) return request.refuse(query.error());
  const auto read = [caller = caller_of(request.socket), visit = input.visit_id, query = *query](
                        store::Transaction& tx) { return read_messages(tx, caller, visit, query); };
  context_.store.read(apps::post_here(), read, [request](const Result<apps::MessagePage>& page) {
    if (!page) return request.refuse(page.error());
    request.succeed(apps::history_json(page->history, [&page](const auto& message) {
      return page->with_receipts(message, to_json(message));
    }));
  });
}

void MessageEvents::tell(const MessageStored& stored) const {
  const conversations::Message& message = stored.message;
  const Value json = to_json(message);
  const std::string sender = user_room_name(message.sender_id);
  context_.mounts.tell(everybody(message.conversation_id, stored.participants), {sender}, "message:new",
                       json);
  std::vector<std::string> except;
  if (!stored.answered_socket.empty()) except.push_back(stored.answered_socket);
  context_.mounts.tell({sender}, except, "message:sent", json);
  if (!stored.received_at) return;
  measure_delivery(*stored.received_at);
  context_.log.info("health", "message stored",
                    {{"message", message.id},
                     {"visit", message.conversation_id},
                     {"seq", std::to_string(message.seq)},
                     {"user", message.sender_id}});
}

// What a shard is posted comes in order: when it gets here, the message is in its queues. The last one
// counts.
void MessageEvents::measure_delivery(TimePoint received_at) const {
  const auto arrived = std::make_shared<runtime::Counter>();
  const auto last = static_cast<std::int64_t>(context_.server.threads()) - 1;
  context_.homes.run_on_each([received_at, arrived, last](ShardState& here) {
    if (arrived->take_next() == last) here.delivery.add(TimePoint::clock::now() - received_at);
  });
}

void MessageEvents::tell(const MessageDelivered& delivered) const {
  context_.mounts.tell({user_room_name(delivered.message.sender_id)}, {}, "message:delivered",
                       {{"messageId", delivered.message.id},
                        {"userId", delivered.user_id},
                        {"timestamp", iso_time(delivered.at)}});
}

void MessageEvents::tell(const MessagesRead& read) const {
  const auto rooms = everybody(read.visit_id, read.participants);
  apps::in_parts(read.message_ids, [&](const std::vector<std::string>& ids) {
    context_.mounts.tell(rooms, {user_room_name(read.user_id)}, "message:read",
                         {{"visitId", read.visit_id},
                          {"messageIds", ids},
                          {"readBy", read.user_id},
                          {"timestamp", iso_time(read.at)}});
  });
}

}  // namespace belfry::health
