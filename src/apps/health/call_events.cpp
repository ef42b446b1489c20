#include "apps/health/call_events.h"

#include <utility>

#include "apps/common/json.h"

namespace belfry::health {

namespace {

using apps::Request;
using calls::Call;

constexpr std::string_view kHome = "calls";

// Until every node has heard of a device that has just come to another.
constexpr milliseconds kNewsPause{1'000};

}  // namespace

CallEvents::CallEvents(Context& context, apps::Events& events, PresenceEvents& presence,
                       runtime::EventBus& bus)
    : context_(context),
      presence_(presence),
      facts_(context, [this](const auto& owner, const auto& user, const auto& device) {
        follow_device(owner, user, device);
      }) {
  events.on<InitiateInput>("call:initiate",
                           [this](const auto& r, const auto& input) { on_initiate(r, input); });
  events.on<CallInput>("call:accept", [this](const auto& r, const auto& input) { on_accept(r, input); });
  events.on<RejectInput>("call:reject", [this](const auto& r, const auto& input) { on_reject(r, input); });
  events.on<EndInput>("call:end", [this](const auto& r, const auto& input) { on_end(r, input); });
  events.on<SignalInput>("call:signal", [this](const auto& r, const auto& input) { on_signal(r, input); });
  events.on<QualityInput>("call:quality", [this](const auto& r, const auto& input) { on_quality(r, input); });

  if (context_.facts.shared()) {
    follow_nodes(bus);
    return;
  }
  // Before anybody can call: what a server that has gone left open has ended.
  const auto close = [](store::Transaction& tx) { return calls::close_open(tx, wall_now_ms()); };
  context_.store.write([](auto task) { task(); }, calls::kKey, close,
                       [&log = context_.log](const Result<std::int64_t>& closed) {
                         if (!closed)
                           log.error("calls", "old ones stay open", {{"error", closed.error().text()}});
                       });
}

void CallEvents::at_home(std::function<void(ShardState&)> task) {
  context_.homes.run(kHome, std::move(task));
}

// So that the other nodes hear of it.
CallEvents::Work CallEvents::telling(Work work, const std::string& by, const std::string& device) const {
  if (!context_.facts.shared()) return work;
  return [node = context_.facts.node(), work = std::move(work), by, device](store::Transaction& tx) {
    Result<Call> call = work(tx);
    if (!call) return call;
    auto changed = std::make_shared<CallChanged>();
    changed->call = *call;
    changed->state = calls::name_of(call->state);
    changed->by = by;
    changed->device = device;
    changed->node = node;
    tx.tell(std::move(changed));
    return call;
  };
}

void CallEvents::change(const Request& request, Work work, Done done) {
  const auto post = [this](std::move_only_function<void()> task) {
    at_home([task = std::make_shared<std::move_only_function<void()>>(std::move(task))](ShardState&) {
      (*task)();
    });
  };
  const auto finished = [this, request, done = std::move(done)](const Result<Call>& call) {
    if (!call) return request.refuse(call.error());
    done(context_.homes.local(), *call);
  };
  const Socket& socket = request.socket;
  context_.store.write(post, calls::kKey, telling(std::move(work), caller_of(socket).user_id, socket.id()),
                       finished);
}

void CallEvents::change_overdue(const calls::Overdue& overdue, Work work, Done done) {
  const auto finished = [this, overdue, done = std::move(done)](const Result<Call>& call) {
    ShardState& home = context_.homes.local();
    if (call) return done(home, *call);
    // Somebody else has ended it, or the store cannot now.
    if (call.error().kind == ErrorKind::conflict || call.error().kind == ErrorKind::not_found) return;
    context_.log.error("calls", "not ended yet", {{"call", overdue.call_id}, {"error", call.error().text()}});
    constexpr milliseconds kPause{1'000};
    home.calls.ask_again(overdue, later(TimePoint::clock::now(), kPause));
    watch(home);
  };
  context_.store.write(apps::post_here(), calls::kKey, telling(std::move(work), overdue.lost_user, ""),
                       finished);
}

// ---- beginning ----

void CallEvents::on_initiate(const Request& request, const InitiateInput& input) {
  const Caller caller = caller_of(request.socket);
  if (auto good = check_initiate(input, caller); !good) return request.refuse(good.error());
  const auto submit = [this, request, caller, input](ShardState& home) {
    const auto work = [caller, input](store::Transaction& tx) { return initiate_call(tx, caller, input); };
    const auto go_on = [this, request, work](const Result<void>& passed) {
      if (!passed) return request.refuse(passed.error());
      change(request, work,
             [this, request](ShardState& calls, const Call& call) { begin(calls, request, call); });
    };
    home.calls_begun->check(caller.user_id, TimePoint::clock::now(), go_on);
  };
  context_.homes.run(caller.user_id, submit);
}

void CallEvents::begin(ShardState& home, const Request& request, const Call& call) {
  const TimePoint now = TimePoint::clock::now();
  home.calls.add(call, request.socket.id(), now);
  facts_.put(call.caller_id, {call.id, request.socket.id()});
  if (!request.socket.connected()) lose(home, call.caller_id, request.socket.id(), calls::Loss::at_once);
  watch(home);
  log(call);
  const Value ice = ice_servers(context_.options.ice, call.caller_id, wall_now_ms());
  request.succeed({{"callId", call.id}, {"iceServers", ice}});
  ring_here(call, [this, call] {
    if (!context_.facts.shared()) return miss_unless_there(call);
    context_.server.after(kNewsPause, [this, call] { miss_unless_there(call); });
  });
}

// Ends a call to somebody who has no device anywhere.
void CallEvents::miss_unless_there(const Call& call) {
  presence_.if_elsewhere(call.recipient_id, [this, call](bool elsewhere) {
    at_home([this, call, elsewhere](ShardState& calls) {
      if (elsewhere || calls.calls.rings(call.id)) return;
      change_overdue(
          {.call_id = call.id, .lost_user = {}},
          [id = call.id](store::Transaction& tx) { return miss_call(tx, id, true); },
          [this](ShardState& state, const Call& over) { missed(state, over); });
    });
  });
}

void CallEvents::ring_here(const Call& call, std::function<void()> done) {
  const auto found = [this, call, done = std::move(done)](const std::vector<std::string>& devices) {
    ring(context_.homes.local(), call, devices);
    done();
  };
  context_.mounts.find_sockets(user_room_name(call.recipient_id), found);
}

void CallEvents::ring(ShardState& home, const Call& call, const std::vector<std::string>& devices) const {
  context_.mounts.tell(home.calls.ring(call.id, devices), {}, "call:incoming",
                       {{"callId", call.id},
                        {"callerId", call.caller_id},
                        {"visitId", call.conversation_id},
                        {"callType", call.call_type},
                        {"timestamp", iso_time(call.started_at)}});
}

void CallEvents::on_accept(const Request& request, const CallInput& input) {
  const auto work = [id = input.call_id, user = caller_of(request.socket).user_id](store::Transaction& tx) {
    return calls::accept(tx, id, user, wall_now_ms());
  };
  change(request, work,
         [this, request](ShardState& home, const Call& call) { accepted(home, request, call); });
}

void CallEvents::accepted(ShardState& home, const Request& request, const Call& call) {
  const std::string& device = request.socket.id();
  home.calls.accept(call, device);
  facts_.put(call.recipient_id, {call.id, device});
  request.succeed({{"callId", call.id},
                   {"iceServers", ice_servers(context_.options.ice, call.recipient_id, wall_now_ms())}});
  if (request.socket.connected()) {
    for (const calls::Signal& signal : home.calls.take_signals(call.id)) give(call, signal, device);
  }
  tell_accepted(home, call, device);
  if (!request.socket.connected()) lose(home, call.recipient_id, device, calls::Loss::at_once);
  watch(home);
  log(call);
}

void CallEvents::tell_accepted(ShardState& home, const Call& call, const std::string& device) {
  tell(home, call.caller_id, "call:accepted",
       {{"callId", call.id},
        {"acceptedBy", call.recipient_id},
        {"timestamp", iso_time(call.answered_at.value_or(call.started_at))}});
  tell(home, call.recipient_id, "call:ended", {{"callId", call.id}, {"reason", "answered_elsewhere"}},
       device);
  presence_.set_in_call(call.caller_id, true);
  presence_.set_in_call(call.recipient_id, true);
}

// ---- ending ----

void CallEvents::on_reject(const Request& request, const RejectInput& input) {
  if (auto good = check_reject(input); !good) return request.refuse(good.error());
  const auto work = [input, user = caller_of(request.socket).user_id](store::Transaction& tx) {
    return calls::reject(tx, input.call_id, user, input.reason.value_or(""), wall_now_ms());
  };
  change(request, work, [this, request](ShardState& home, const Call& call) {
    log(call);
    request.succeed();
    rejected(home, call, request.socket.id());
  });
}

void CallEvents::rejected(ShardState& home, const Call& call, const std::string& device) {
  tell(home, call.caller_id, "call:rejected",
       {{"callId", call.id},
        {"rejectedBy", call.recipient_id},
        {"reason", call.reason ? Value(*call.reason) : Value(nullptr)}});
  tell(home, call.recipient_id, "call:ended", {{"callId", call.id}, {"reason", "rejected"}}, device);
  remove(home, call);
}

void CallEvents::remove(ShardState& home, const Call& call) {
  facts_.ended(call);
  home.calls.remove(call.id);
  watch(home);
}

void CallEvents::on_end(const Request& request, const EndInput& input) {
  const std::string user = caller_of(request.socket).user_id;
  const auto work = [id = input.call_id, user](store::Transaction& tx) {
    return calls::end(tx, id, user, wall_now_ms());
  };
  change(request, work, [this, request, user](ShardState& home, const Call& call) {
    request.succeed({{"duration", call.duration().value_or(0)}});
    finish(home, call, user);
  });
}

void CallEvents::finish(ShardState& home, const Call& call, const std::string& by) {
  log(call);
  for (const std::string& user : {call.caller_id, call.recipient_id}) {
    tell(home, user, "call:ended",
         {{"callId", call.id},
          {"endedBy", by},
          {"duration", call.duration().value_or(0)},
          {"reason", call.reason.value_or("")}});
    if (call.answered_at) presence_.set_in_call(user, false);
  }
  remove(home, call);
}

void CallEvents::missed(ShardState& home, const Call& call) {
  log(call);
  for (const std::string& user : {call.caller_id, call.recipient_id}) {
    tell(home, user, "call:missed",
         {{"callId", call.id},
          {"callerId", call.caller_id},
          {"recipientId", call.recipient_id},
          {"timestamp", iso_time(call.ended_at.value_or(call.started_at))}});
  }
  remove(home, call);
}

void CallEvents::watch(ShardState& home) {
  home.calls_alarm.set(context_.server, home.calls.next_deadline(), [this, &home] {
    for (const calls::Overdue& overdue : home.calls.due(TimePoint::clock::now())) {
      const std::string& id = overdue.call_id;
      if (overdue.lost_user.empty()) {
        change_overdue(
            overdue, [id](store::Transaction& tx) { return miss_call(tx, id, false); },
            [this](ShardState& calls, const Call& over) { missed(calls, over); });
      } else {
        change_overdue(
            overdue, [id](store::Transaction& tx) { return calls::lose(tx, id, wall_now_ms()); },
            [this, by = overdue.lost_user](ShardState& calls, const Call& over) { finish(calls, over, by); });
      }
    }
    watch(home);
  });
}

// ---- devices that come and go ----

void CallEvents::welcome(const Socket& socket) {
  at_home([this, id = socket.id(), user = caller_of(socket).user_id](ShardState& home) {
    const TimePoint now = TimePoint::clock::now();
    for (const calls::Notice& notice : home.calls.take_missed(user, now)) {
      context_.mounts.tell({id}, {}, notice.event, notice.payload);
    }
    go_on(user, home.calls.connect(user, id, now));
    const Call* ringing = home.calls.ringing_for(user);
    if (ringing != nullptr) ring(home, Call(*ringing), {id});
  });
}

void CallEvents::drop(const Socket& socket, std::string_view reason) {
  const bool silent = reason == "ping timeout" || reason == "transport error";
  const calls::Loss loss = silent ? calls::Loss::silent : calls::Loss::at_once;
  at_home([this, id = socket.id(), user = caller_of(socket).user_id, loss](ShardState& home) {
    if (home.calls.has(user)) lose(home, user, id, loss);
  });
}

void CallEvents::lose(ShardState& home, const std::string& user_id, const std::string& device,
                      calls::Loss loss) {
  facts_.gone(user_id, device, loss);
  go_on(user_id, home.calls.drop(user_id, device, loss, TimePoint::clock::now()));
  watch(home);
}

// On the device that took over, if one did.
void CallEvents::go_on(const std::string& user_id, const std::optional<calls::TakenOver>& taken) {
  if (!taken) return;
  facts_.put(user_id, {taken->call.id, taken->device});
  for (const calls::Notice& notice : taken->missed) {
    context_.mounts.tell({taken->device}, {}, notice.event, notice.payload);
  }
  for (const calls::Signal& signal : taken->kept) give(taken->call, signal, taken->device);
  if (taken->call.state == calls::State::active) presence_.set_in_call(user_id, true);
}

// ---- during a call ----

void CallEvents::on_signal(const Request& request, const SignalInput& input) {
  if (auto good = check_signal(input); !good) return request.refuse(good.error());
  const auto task = [this, request, input, user = caller_of(request.socket).user_id](ShardState& home) {
    calls::Signal signal{.sender_id = user,
                         .signal = input.signal,
                         .signal_type = input.signal_type,
                         .bytes = apps::document_bytes(input.signal)};
    const Call* call = home.calls.find(input.call_id, user);
    if (call == nullptr) return refuse_state(request, input.call_id, "signal");
    const auto device = home.calls.signal(input.call_id, input.recipient_id, signal);
    if (!device) return request.refuse(device.error());
    if (*device) give(*call, signal, **device);
    request.succeed();
  };
  at_home(task);
}

void CallEvents::give(const Call& call, const calls::Signal& signal, const std::string& device) const {
  context_.mounts.emit({device}, {}, "call:signal",
                       {{"callId", call.id},
                        {"senderId", signal.sender_id},
                        {"signal", signal.signal},
                        {"signalType", signal.signal_type}});
}

void CallEvents::on_quality(const Request& request, const QualityInput& input) {
  const auto task = [this, request, input, user = caller_of(request.socket).user_id](ShardState& home) {
    const Call* call = home.calls.find(input.call_id, user);
    if (call == nullptr) return refuse_state(request, input.call_id, "measure");
    if (call->state != calls::State::active)
      return request.refuse(calls::wrong_state("measure", call->state));
    request.succeed();
    const WallMs now = wall_now_ms();
    const auto issues = home.calls.report(call->id, user, issues_of(input.metrics, context_.options.quality),
                                          TimePoint::clock::now());
    if (issues.empty()) return;
    const Value told = {{"callId", call->id},
                        {"userId", user},
                        {"issues", issues},
                        {"metrics", to_value(input.metrics)},
                        {"timestamp", iso_time(now)}};
    // Other nodes do not hear of it by themselves.
    for (const std::string& one : {call->caller_id, call->recipient_id}) {
      home.calls.note(one, {.event = "call:qualityIssue", .payload = told, .here_only = true});
      context_.mounts.emit({user_room_name(one)}, {}, "call:qualityIssue", told);
    }
  };
  at_home(task);
}

// The call is not live: it has ended, or there is none.
void CallEvents::refuse_state(const Request& request, const std::string& call_id, const char* action) {
  const auto read = [call_id, user = caller_of(request.socket).user_id](store::Transaction& tx) {
    return calls::find(tx, call_id, user);
  };
  context_.store.read(apps::post_here(), read, [request, action](const Result<Call>& call) {
    request.refuse(call ? calls::wrong_state(action, call->state) : call.error());
  });
}

void CallEvents::tell(ShardState& home, const std::string& user_id, const std::string& event,
                      const Value& payload, const std::string& except_socket) const {
  home.calls.note(user_id, {.event = event, .payload = payload});
  std::vector<std::string> except;
  if (!except_socket.empty()) except.push_back(except_socket);
  context_.mounts.tell({user_room_name(user_id)}, except, event, payload);
}

void CallEvents::log(const Call& call) const {
  context_.log.info("health", "call " + std::string(calls::name_of(call.state)),
                    {{"call", call.id},
                     {"visit", call.conversation_id},
                     {"caller", call.caller_id},
                     {"recipient", call.recipient_id}});
}

}  // namespace belfry::health
