// Calls that other nodes have a part in.
#include <algorithm>
#include <utility>

#include "apps/health/call_events.h"

namespace belfry::health {

using calls::Call;

namespace {

// So much later a call is overdue on nodes that it did not begin on: one is enough to end it.
constexpr milliseconds kFollowerPause{1'000};

}  // namespace

void CallEvents::follow_nodes(runtime::EventBus& bus) {
  bus.subscribe<CallChanged>([this](const std::shared_ptr<const CallChanged>& changed) {
    if (changed->node == context_.facts.node()) return;
    at_home([this, changed](ShardState& home) { follow(home, *changed); });
  });
  // A user who comes after their call was accepted, as far as this node knows.
  context_.facts.watch(kPresenceFact, [this](const auto&, const auto& user, const std::string* value) {
    if (value == nullptr) return;
    at_home([this, user](ShardState& home) {
      home.calls.take_missed(user, TimePoint::clock::now());  // they are told there
      show_in_call(home, user);
    });
  });
  context_.facts.on_gone([this](const std::string& node) {
    at_home([this, node](ShardState& home) {
      for (const std::string& user : home.calls.users_on(node)) {
        go_on(user, home.calls.leave_elsewhere(user, "", calls::Loss::silent, TimePoint::clock::now(),
                                               milliseconds(0)));
      }
      watch(home);
    });
  });
}

void CallEvents::show_in_call(const ShardState& home, const std::string& user_id) {
  if (home.calls.is_active(user_id)) presence_.set_in_call(user_id, true);
}

void CallEvents::follow(ShardState& home, const CallChanged& changed) {
  Call call = changed.call;
  call.state = calls::state_named(changed.state);
  switch (call.state) {
    case calls::State::ringing:
      home.calls.add(call, changed.device, later(TimePoint::clock::now(), kFollowerPause), changed.node);
      watch(home);
      return ring_here(call, [] {});
    case calls::State::active:
      home.calls.accept(call, changed.device, changed.node);
      for (const calls::Signal& signal : home.calls.take_signals(call.id)) give(call, signal, changed.device);
      tell_accepted(home, call, changed.device);
      return watch(home);
    case calls::State::rejected:
      return rejected(home, call, changed.device);
    case calls::State::missed:
      return missed(home, call);
    default:
      return finish(home, call, changed.by);
  }
}

void CallEvents::follow_device(const std::string& owner, const std::string& user_id,
                               const std::optional<CallFacts::Device>& device) {
  at_home([this, owner, user_id, device](ShardState& home) {
    const TimePoint now = TimePoint::clock::now();
    if (!device) {
      go_on(user_id, home.calls.leave_elsewhere(user_id, owner, calls::Loss::silent, now, kFollowerPause));
      return watch(home);
    }
    if (device->closed_at) {
      const WallMs wall = wall_now_ms();
      const milliseconds ago(wall - std::clamp(*device->closed_at, wall - kFollowerPause.count(), wall));
      go_on(user_id,
            home.calls.leave_elsewhere(user_id, owner, calls::Loss::at_once, now - ago, kFollowerPause));
      return watch(home);
    }
    facts_.taken_elsewhere(user_id);
    const auto taken = home.calls.move_elsewhere(user_id, device->call_id, device->device, owner);
    if (!taken) return;
    for (const calls::Notice& notice : taken->missed) {
      if (notice.here_only) context_.mounts.emit({taken->device}, {}, notice.event, notice.payload);
    }
    for (const calls::Signal& signal : taken->kept) give(taken->call, signal, taken->device);
    if (taken->call.state == calls::State::active) presence_.set_in_call(user_id, true);
    watch(home);
  });
}

// Those whose devices no node tells of within a lease and the grace have been left by nodes that are gone.
void CallEvents::start() {
  if (!context_.facts.shared()) return;
  const auto post = [this](std::move_only_function<void()> task) {
    at_home([task = std::make_shared<std::move_only_function<void()>>(std::move(task))](ShardState&) {
      (*task)();
    });
  };
  context_.store.read(post, calls::list_open, [this](const Result<std::vector<Call>>& open) {
    if (!open) return context_.log.error("calls", "old ones stay open", {{"error", open.error().text()}});
    ShardState& home = context_.homes.local();
    const auto until = later(TimePoint::clock::now(), context_.options.lost_calls_end);
    for (const Call& call : *open) {
      home.calls.adopt(call, until);
      for (const std::string& user : {call.caller_id, call.recipient_id}) show_in_call(home, user);
    }
    watch(home);
  });
}

}  // namespace belfry::health
