// Events of calls: ringing on all devices, the signals between two of them, and how a call ends.
#pragma once

#include <functional>
#include <string>

#include "apps/common/events.h"
#include "apps/health/calling.h"
#include "apps/health/presence_events.h"
#include "apps/health/shard_state.h"

namespace belfry::health {

/// Owned by the gateway. All calls have their home on one shard, where they follow what the store decides, in
/// the order of its commits.
class CallEvents {
 public:
  CallEvents(Context& context, apps::Events& events, PresenceEvents& presence);

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
  void begin(ShardState& home, const apps::Request& request, const calls::Call& call);
  void accepted(ShardState& home, const apps::Request& request, const calls::Call& call);
  void finish(ShardState& home, const calls::Call& call, const std::string& by);
  void missed(ShardState& home, const calls::Call& call);
  void refuse_state(const apps::Request& request, const std::string& call_id, const char* action);
  void watch(ShardState& home);

  // Tells a user, and a device of theirs that may come back to the call.
  void tell(ShardState& home, const std::string& user_id, const std::string& event, const Value& payload,
            const std::string& except_socket = "") const;
  void ring(ShardState& home, const calls::Call& call, const std::vector<std::string>& devices) const;
  void give(const calls::Call& call, const calls::Signal& signal, const std::string& device) const;
  void go_on(const std::string& user_id, const std::optional<calls::TakenOver>& taken);
  void log(const calls::Call& call) const;

  Context& context_;
  PresenceEvents& presence_;
};

}  // namespace belfry::health
