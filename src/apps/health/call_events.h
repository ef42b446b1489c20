// Events of calls: ringing on all devices, the signals between two of them, and how a call ends.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "apps/common/events.h"
#include "apps/health/call_facts.h"
#include "apps/health/calling.h"
#include "apps/health/presence_events.h"
#include "apps/health/shard_state.h"
#include "runtime/event_bus.h"

namespace belfry::health {

/// Owned by the gateway. All calls have their home on one shard, where they follow what the store decides, in
/// the order of its commits.
///
/// Where there are several nodes, each follows all calls: the unit of work that begins or changes one tells
/// it to all (`CallChanged`), and each tells its own sockets and rings on them. The node that a device of a
/// call is connected to says so by a fact (`CallFacts`), so that the other side's node sends signals there,
/// keeps them while there is none, and gives them to whichever device comes back, on any node. When a device
/// has gone, with its node or alone, all wait for it; whoever is first to find a call overdue ends it in the
/// store, where the others then find it ended and say nothing. What a lost device missed is kept on every
/// node, and given by the one that it comes back to.
class CallEvents {
 public:
  CallEvents(Context& context, apps::Events& events, PresenceEvents& presence, runtime::EventBus& bus);

  /// Once the server listens: learns of the calls that others have under way.
  void start();

  /// A new device: it takes over its user's call, or rings.
  void welcome(const Socket& socket);
  /// `reason` is Engine.IO's: some losses are noticed at once.
  void drop(const Socket& socket, std::string_view reason);

 private:
  using Work = std::function<Result<calls::Call>(store::Transaction&)>;
  using Done = std::function<void(ShardState& home, const calls::Call&)>;

  void on_initiate(const apps::Request& request, const InitiateInput& input);
  void on_accept(const apps::Request& request, const CallInput& input);
  void on_reject(const apps::Request& request, const RejectInput& input);
  void on_end(const apps::Request& request, const EndInput& input);
  void on_signal(const apps::Request& request, const SignalInput& input);
  void on_quality(const apps::Request& request, const QualityInput& input);

  // Runs at the home of calls.
  void at_home(std::function<void(ShardState& home)> task);
  // Changes a call in the store; `done` follows at home, or the request is refused.
  void change(const apps::Request& request, Work work, Done done);
  // The same without somebody who asked: a call that has changed meanwhile is left alone.
  void change_overdue(const calls::Overdue& overdue, Work work, Done done);
  Work telling(Work work, const std::string& by, const std::string& device) const;
  // What other nodes do, and where their devices are.
  void follow_nodes(runtime::EventBus& bus);
  void follow(ShardState& home, const CallChanged& changed);
  void follow_device(const std::string& owner, const std::string& user_id,
                     const std::optional<CallFacts::Device>& device);
  void show_in_call(const ShardState& home, const std::string& user_id);
  void begin(ShardState& home, const apps::Request& request, const calls::Call& call);
  void miss_unless_there(const calls::Call& call);
  void accepted(ShardState& home, const apps::Request& request, const calls::Call& call);
  void tell_accepted(ShardState& home, const calls::Call& call, const std::string& device);
  void rejected(ShardState& home, const calls::Call& call, const std::string& device);
  void remove(ShardState& home, const calls::Call& call);
  void finish(ShardState& home, const calls::Call& call, const std::string& by);
  void missed(ShardState& home, const calls::Call& call);
  void refuse_state(const apps::Request& request, const std::string& call_id, const char* action);
  void watch(ShardState& home);

  // Tells a user, and a device of theirs that may come back to the call.
  void tell(ShardState& home, const std::string& user_id, const std::string& event, const Value& payload,
            const std::string& except_socket = "") const;
  // A device of this node has gone.
  void lose(ShardState& home, const std::string& user_id, const std::string& device, calls::Loss loss);
  // On the recipient's devices of this node; `done` runs at home.
  void ring_here(const calls::Call& call, std::function<void()> done);
  void ring(ShardState& home, const calls::Call& call, const std::vector<std::string>& devices) const;
  void give(const calls::Call& call, const calls::Signal& signal, const std::string& device) const;
  void go_on(const std::string& user_id, const std::optional<calls::TakenOver>& taken);
  void log(const calls::Call& call) const;

  Context& context_;
  PresenceEvents& presence_;
  CallFacts facts_;
};

}  // namespace belfry::health
