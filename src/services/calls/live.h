// Calls under way: which devices are in them, what waits for a device, and until when.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "belfry/result.h"
#include "belfry/value.h"
#include "core/clock.h"
#include "services/calls/calls.h"

namespace belfry::calls {

struct LiveOptions {
  milliseconds ring_timeout{30'000};
  milliseconds reconnect_grace{15'000};  ///< for a device that has gone
  milliseconds quality_pause{10'000};    ///< between two reports of one issue of one user
  std::size_t kept_signals_max = 64;     ///< for a side without a device
  std::size_t kept_bytes_max = 262'144;
};

/// What one side says to the other so that their devices find each other.
struct Signal {
  std::string sender_id;
  Value signal;
  std::string signal_type;
  std::size_t bytes = 0;

  bool operator==(const Signal&) const = default;
};

/// What has come of time passing.
struct Overdue {
  std::string call_id;
  std::string lost_user;  ///< who did not come back; empty: nobody answered
};

/// Something of a call that its users are told.
struct Notice {
  std::string event;
  Value payload;
  bool here_only = false;  ///< no other node knows of it

  bool operator==(const Notice&) const = default;
};

/// A call that a device has come back to, with what was kept for it.
struct TakenOver {
  Call call;
  std::string device;
  std::vector<Notice> missed;
  std::vector<Signal> kept;

  bool operator==(const TakenOver&) const = default;
};

/// Where a device is that is not of this node.
struct Place {
  std::string node;   ///< empty: here, or there is none
  std::string owner;  ///< of the fact that says so; empty: none has come yet
};

/// How a device has gone. In silence: nobody can tell since when, and a client may be back before the loss is
/// noticed.
enum class Loss { at_once, silent };

/// All live calls, those of other nodes too; belongs to one thread. In memory only: the store decides what
/// state a call is in, this follows it. Bounded: a user is in one call at most.
class LiveCalls {
 public:
  explicit LiveCalls(LiveOptions options = {}) : options_(options) {}

  /// It rings; `device` is the caller's, on this node or another.
  void add(const Call& call, const std::string& device, TimePoint now, const std::string& node = "");
  /// It began before this node knew of calls: both sides have so long to be heard of.
  void adopt(const Call& call, TimePoint until);
  /// Those of the recipient's `devices` that it has not rung on yet; it rings on them now.
  std::vector<std::string> ring(const std::string& call_id, const std::vector<std::string>& devices);
  /// Whether it has rung anywhere.
  bool rings(const std::string& call_id) const;
  /// It was accepted on `device`.
  void accept(const Call& call, const std::string& device, const std::string& node = "");
  /// What the caller has signalled so far, for the device that has accepted.
  std::vector<Signal> take_signals(const std::string& call_id);
  /// It has ended, whatever way. What was told to a side whose device has gone is kept until the grace is
  /// over.
  void remove(const std::string& call_id);
  /// Keeps what a user is told, where their device has gone: it is what the next one misses.
  void note(const std::string& user_id, const Notice& notice);
  /// What was kept of a call that has ended since.
  std::vector<Notice> take_missed(const std::string& user_id, TimePoint now);

  /// The user's call of that id, or null. Valid until the next change.
  const Call* find(const std::string& call_id, std::string_view user_id) const;

  /// Where a signal goes: the other side's device; nothing where it was kept for it. Fails with `not_found`,
  /// `conflict` (the callee does not take part before it has accepted), `invalid` (`recipient_id` is not the
  /// other side) or `too_large` (`Too many signals`).
  Result<std::optional<std::string>> signal(const std::string& call_id, std::string_view recipient_id,
                                            Signal signal);

  /// Those of `issues` that are to be told now. Only for a call that `find` gives.
  std::vector<std::string> report(const std::string& call_id, const std::string& user_id,
                                  const std::vector<std::string>& issues, TimePoint now);

  /// A device has gone, `when`. After a silent loss, another of the user's that had come within the grace
  /// takes its call over; after another, one that has come since. Else its side has until the grace ends to
  /// come back; that it has not is overdue `pause` after that.
  std::optional<TakenOver> drop(const std::string& user_id, const std::string& device, Loss loss,
                                TimePoint when, milliseconds pause = milliseconds(0));
  /// A new device of the user: takes over the call that they have lost theirs of.
  std::optional<TakenOver> connect(const std::string& user_id, const std::string& device, TimePoint now);
  /// The user's device of that call is on another node, as `owner` says, perhaps before the call is known
  /// here: what was kept for it, where it has taken over.
  std::optional<TakenOver> move_elsewhere(const std::string& user_id, const std::string& call_id,
                                          const std::string& device, const std::string& owner);
  /// `owner` says that the device has gone, or, in silence, no more of it. `pause`: for the owner to say
  /// first that it has not come back.
  std::optional<TakenOver> leave_elsewhere(const std::string& user_id, const std::string& owner, Loss loss,
                                           TimePoint when, milliseconds pause);
  /// Users whose device is on a node that has gone, of which no owner had said anything yet.
  std::vector<std::string> users_on(const std::string& node) const;
  /// What rings for the user, or null. Valid until the next change.
  const Call* ringing_for(const std::string& user_id) const;

  /// What is overdue by `now`, each once; to be asked at `next_deadline()`. It is the store that ends a call.
  std::vector<Overdue> due(TimePoint now);
  /// The store could not: it is overdue again at `at`, if it still is by then.
  void ask_again(const Overdue& overdue, TimePoint at);
  std::optional<TimePoint> next_deadline() const;
  /// Whether the user is in a call.
  bool has(const std::string& user_id) const { return call_of_user_.contains(user_id); }
  bool is_active(const std::string& user_id) const;
  std::size_t count(State state) const;

 private:
  struct Side {
    std::string user_id;
    std::string device;                // empty: none yet, or it has gone
    Place place;                       // of the device
    std::optional<TimePoint> lost_at;  // when its time is over
    milliseconds pause{0};             // after that, until the store is asked
    bool asked = false;                // that time has come, and the store is asked
    std::string newcomer;              // the last device that came during the call
    TimePoint came_at;
    std::vector<Signal> kept;
    std::size_t kept_bytes = 0;
    std::vector<Notice> missed;

    TimePoint overdue_at() const { return later(*lost_at, pause); }
  };
  /// Of a call that ended while its device was gone.
  struct Missed {
    std::vector<Notice> notices;
    TimePoint until;
  };
  struct Live {
    Call call;
    std::array<Side, 2> sides;  // the caller's first
    std::optional<TimePoint> ring_until;
    std::set<std::string> rung;                                     // devices
    std::map<std::pair<std::string, std::string>, TimePoint> told;  // by user and issue

    Side& side_of(std::string_view user_id) { return sides[call.caller_id == user_id ? 0 : 1]; }
  };

  /// Where other nodes have users' devices of calls, as they say.
  struct Elsewhere {
    std::string call_id;
    std::string device;
    std::string owner;
  };

  // What is known of the side by then.
  void settle(const Live& live, Side& side) const;
  static std::vector<Signal> take_kept(Side& side);
  static TakenOver take_over(const Live& live, Side& side, const std::string& device);
  const Live* live_of(const std::string& user_id) const;
  Live* live_of(const std::string& user_id);

  const LiveOptions options_;
  std::unordered_map<std::string, Live> calls_;
  std::unordered_map<std::string, std::string> call_of_user_;
  std::unordered_map<std::string, Missed> missed_;        // by user, until the grace is over
  std::unordered_map<std::string, Elsewhere> elsewhere_;  // by user
};

}  // namespace belfry::calls
