// Events of all nodes in one order: that of their numbers in the outbox.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/event.h"
#include "store/announcer.h"
#include "store/unit.h"

namespace belfry::store {

/// An event of a unit of work of this node, after its commit.
struct NumberedEvent {
  std::int64_t number = 0;  ///< in the outbox; 0: it is local, and has none
  SharedEvent event;
};

/// What one transaction of this node has told, in order, and the units whose results are due after that.
struct CommittedBatch {
  std::vector<NumberedEvent> events;
  std::vector<std::unique_ptr<Unit>> units;
};

/// What the outbox held after a number, in one snapshot.
struct OutboxPage {
  std::int64_t after = 0;  ///< what was asked for
  std::int64_t head = 0;   ///< the last number that was given out
  /// Numbers that rise; no event where it could not be read.
  std::vector<std::pair<std::int64_t, SharedEvent>> events;
  bool has_more = false;  ///< than a page takes
};

struct SequencerOptions {
  /// A result waits no longer for the events before it: then it is posted first.
  milliseconds result_max_wait{2'000};
  /// Events that wait for one before them. Past it that one is given up, as if it were removed.
  std::size_t waiting_max = 100'000;
};

/// Publishes every event of the outbox once, in the order of numbers, from what this node has committed and
/// what it reads; events without a number keep their place. Posts the results of units after what they told.
/// Without I/O or locks of its own: used by one thread at a time.
class Sequencer {
 public:
  /// `published`: where it begins; older events are not published. `on_lost` is called where events were
  /// removed before they were read: what listeners know is not true any more.
  Sequencer(const SequencerOptions& options, std::int64_t published, Publish publish,
            std::function<void()> on_lost);

  /// This node has committed it.
  void add(CommittedBatch batch, TimePoint now);
  void add(OutboxPage page);

  // ---- places in the order of commits, for units that only read ----

  /// Begins a read: from now until it has a place, nothing more is published.
  std::size_t open_place();
  /// The read sees what was committed up to `number`. Until it is filled, nothing after that is published.
  void fix_place(std::size_t place, std::int64_t number);
  /// Ends a read: what it tells is published there, and then its result is posted.
  void fill_place(std::size_t place, std::vector<SharedEvent> events, std::unique_ptr<Unit> unit,
                  TimePoint now);

  /// Posts the results that have waited too long.
  void tick(TimePoint now);

  /// Whether something waits for an event that only reading can bring.
  bool wants_read() const;
  /// All events up to this number are published.
  std::int64_t published() const { return published_; }
  std::size_t waiting() const { return events_.size(); }
  std::uint64_t late_results() const { return late_results_; }

 private:
  // An event without a number, or a unit whose result is due, behind the number that is its key.
  struct Follower {
    SharedEvent event;
    std::unique_ptr<Unit> unit;
    TimePoint since;
  };

  void follow(std::int64_t number, SharedEvent event);
  void follow(std::int64_t number, std::unique_ptr<Unit> unit, TimePoint now);
  void advance();
  void release_followers();
  void release_all();
  void release_first();
  // Goes on behind events that nobody has any more; whether there were any.
  bool skip_lost();
  std::int64_t barrier() const;

  const SequencerOptions options_;
  const Publish publish_;
  const std::function<void()> on_lost_;
  std::int64_t published_;
  std::int64_t read_to_;                             // all that the outbox had up to here is known
  std::int64_t own_ = 0;                             // the last number of this node
  std::map<std::int64_t, SharedEvent> events_;       // after published_
  std::multimap<std::int64_t, Follower> followers_;  // of one number: in the order in which they came
  std::map<std::size_t, std::int64_t> places_;       // what may be published up to
  std::size_t next_place_ = 0;
  std::uint64_t late_results_ = 0;
};

}  // namespace belfry::store
