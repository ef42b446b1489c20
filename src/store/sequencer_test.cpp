#include "store/sequencer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace belfry::store {

namespace {

struct Told : Event {
  explicit Told(std::string word) : what(std::move(word)) {}
  std::string what;
};

SharedEvent told(std::string what) {
  return std::make_shared<Told>(std::move(what));
}

/// What a sequencer does, one word for each: events by their names, results as `!name`, loss as `lost`.
class Script {
 public:
  explicit Script(std::int64_t begin = 0, std::size_t waiting_max = 100)
      : sequencer(
            {.result_max_wait = milliseconds(100), .waiting_max = waiting_max}, begin,
            [this](const SharedEvent& event) { done += static_cast<const Told&>(*event).what + " "; },
            [this] { done += "lost "; }) {}

  std::unique_ptr<Unit> unit(std::string name) {
    const auto post = [](std::move_only_function<void()> task) { task(); };
    auto unit = make_unit(
        post, [](Transaction&) -> Result<int> { return 0; },
        [this, name = std::move(name)](const Result<int>&) { done += "!" + name + " "; });
    unit->fail({});
    return unit;
  }
  /// Commits of this node: of numbers from `first` on, `events` as `a b`; those in capitals are local.
  void commit(std::int64_t first, const std::string& events, const std::string& result) {
    CommittedBatch batch;
    for (const char c : events) {
      const bool local = c >= 'A' && c <= 'Z';
      batch.events.push_back({local ? 0 : first++, told(std::string(1, c))});
    }
    batch.units.push_back(unit(result));
    sequencer.add(std::move(batch), now);
  }
  /// A page that holds `events` from number `first` on; a dot is one that cannot be read.
  void read(std::int64_t after, std::int64_t head, std::int64_t first, const std::string& events,
            bool more = false) {
    OutboxPage page{.after = after, .head = head, .events = {}, .has_more = more};
    for (const char c : events) page.events.emplace_back(first++, c == '.' ? nullptr : told({c}));
    sequencer.add(std::move(page));
  }
  void fill(std::size_t place, const std::string& event, const std::string& result) {
    std::vector<SharedEvent> events;
    if (!event.empty()) events.push_back(told(event));
    sequencer.fill_place(place, std::move(events), unit(result), now);
  }
  /// What has been done since.
  std::string next() { return std::exchange(done, {}); }

  TimePoint now;
  std::string done;
  Sequencer sequencer;
};

}  // namespace

TEST(Sequencer, PublishesOwnCommitsAtOnceAndThenTheirResults) {
  Script s;
  s.commit(1, "ab", "x");
  EXPECT_EQ(s.next(), "a b !x ");
  s.commit(3, "", "y");
  EXPECT_EQ(s.next(), "!y ") << "a unit may tell nothing";
  s.commit(3, "cD", "z");
  EXPECT_EQ(s.next(), "c D !z ");
  EXPECT_FALSE(s.sequencer.wants_read());
}

TEST(Sequencer, WaitsForWhatOthersCommittedBefore) {
  Script s(10);
  s.commit(12, "b", "x");
  EXPECT_EQ(s.next(), "");
  EXPECT_TRUE(s.sequencer.wants_read());
  s.read(10, 12, 11, "ab");
  EXPECT_EQ(s.next(), "a b !x ");
  EXPECT_FALSE(s.sequencer.wants_read());
}

TEST(Sequencer, PutsOwnCommitsInOrderThatComeInAnother) {
  Script s;
  s.commit(3, "c", "z");
  s.commit(2, "b", "y");
  s.commit(1, "a", "x");
  EXPECT_EQ(s.next(), "a !x b !y c !z ");
}

TEST(Sequencer, PublishesOnceWhatIsReadBeforeItIsKnownAsOwn) {
  Script s;
  s.read(0, 2, 1, "ab");
  EXPECT_EQ(s.next(), "a b ");
  s.commit(1, "aLb", "x");
  EXPECT_EQ(s.next(), "L !x ") << "the local one comes late rather than never";
}

TEST(Sequencer, PrefersOwnEventsToThemselvesAsTheyAreRead) {
  Script s;
  const auto place = s.sequencer.open_place();
  s.read(0, 1, 1, "a");
  s.commit(1, "b", "x");
  s.fill(place, "", "r");
  EXPECT_EQ(s.next(), "!r b !x ");
}

TEST(Sequencer, KeepsLocalEventsInTheirPlace) {
  Script s;
  s.commit(2, "FbGcH", "x");
  EXPECT_EQ(s.next(), "");
  s.commit(4, "L", "y");
  EXPECT_EQ(s.next(), "") << "what has no number of its own comes after what was committed before";
  s.read(0, 1, 1, "a");
  EXPECT_EQ(s.next(), "a F b G c H !x L !y ");
}

TEST(Sequencer, ReadsPagesThatOverlap) {
  Script s;
  s.read(0, 5, 1, "abc", true);
  s.read(0, 5, 1, "abcd", true);
  s.read(4, 5, 5, "e");
  s.read(0, 2, 1, "ab");
  EXPECT_EQ(s.next(), "a b c d e ");
}

TEST(Sequencer, SkipsWhatCannotBeRead) {
  Script s;
  s.read(0, 3, 1, "a.c");
  EXPECT_EQ(s.next(), "a c ");
}

TEST(Sequencer, SaysWhereEventsAreLostAndGoesOn) {
  Script s;
  s.read(0, 9, 7, "ghi");
  EXPECT_EQ(s.next(), "lost g h i ") << "the first were removed";
  s.read(9, 20, 10, "");
  EXPECT_EQ(s.next(), "lost ") << "all were removed";
  s.commit(21, "u", "x");
  EXPECT_EQ(s.next(), "u !x ");
  s.commit(24, "x", "y");
  s.read(21, 24, 23, "w");
  EXPECT_EQ(s.next(), "lost w x !y ");
  EXPECT_EQ(s.sequencer.published(), 24);
}

TEST(Sequencer, TakesAPageThatHasMoreForNoLoss) {
  Script s;
  s.read(0, 9, 1, "a", true);
  EXPECT_EQ(s.next(), "a ");
  s.read(1, 9, 1, "", true);
  EXPECT_EQ(s.next(), "");
  s.read(1, 9, 4, "d", true);
  EXPECT_EQ(s.next(), "lost d ") << "but what it holds says what is missing before";
}

TEST(Sequencer, BeginsAnewWithADatabaseThatIsBehind) {
  Script s(10);
  s.commit(13, "c", "x");
  s.read(10, 4, 0, "");
  EXPECT_EQ(s.next(), "lost !x ");
  s.commit(0, "L", "y");
  EXPECT_EQ(s.next(), "L !y ");
  s.read(4, 5, 5, "e");
  EXPECT_EQ(s.next(), "e ");
}

TEST(Sequencer, PostsAResultThatHasWaitedTooLong) {
  Script s;
  s.commit(2, "b", "x");
  s.now += milliseconds(99);
  s.sequencer.tick(s.now);
  EXPECT_EQ(s.next(), "");
  s.now += milliseconds(1);
  s.sequencer.tick(s.now);
  EXPECT_EQ(s.next(), "!x ");
  EXPECT_EQ(s.sequencer.late_results(), 1U);
  s.sequencer.tick(s.now);
  s.read(0, 2, 1, "ab");
  EXPECT_EQ(s.next(), "a b ") << "once";
}

TEST(Sequencer, GivesUpWhatTooManyWaitFor) {
  Script s(0, 2);
  s.commit(2, "bc", "x");
  EXPECT_EQ(s.next(), "");
  s.commit(4, "d", "y");
  EXPECT_EQ(s.next(), "lost b c !x d !y ");
}

TEST(Sequencer, GivesReadsTheirPlace) {
  Script s;
  const auto place = s.sequencer.open_place();
  s.commit(1, "a", "x");
  EXPECT_EQ(s.next(), "") << "it may have been read before that, or after";
  s.sequencer.fix_place(place, 1);
  EXPECT_EQ(s.next(), "a !x ");
  s.commit(2, "b", "y");
  EXPECT_EQ(s.next(), "") << "the read has not seen it";
  EXPECT_FALSE(s.sequencer.wants_read());
  s.fill(place, "R", "r");
  EXPECT_EQ(s.next(), "R !r b !y ");
}

TEST(Sequencer, GivesReadsTheirPlaceAmongWhatOthersCommitted) {
  Script s;
  const auto first = s.sequencer.open_place();
  const auto second = s.sequencer.open_place();
  const auto third = s.sequencer.open_place();
  s.sequencer.fix_place(first, 2);
  s.sequencer.fix_place(second, 1);
  s.sequencer.fix_place(third, 3);
  s.fill(first, "R", "r");
  EXPECT_TRUE(s.sequencer.wants_read());
  s.read(0, 3, 1, "abc");
  EXPECT_EQ(s.next(), "a ");
  s.fill(second, "S", "s");
  EXPECT_EQ(s.next(), "S !s b R !r c ");
  s.fill(third, "T", "t");
  EXPECT_EQ(s.next(), "T !t ");
}

TEST(Sequencer, AReadThatFailsHoldsUpNothing) {
  Script s;
  const auto place = s.sequencer.open_place();
  s.commit(1, "a", "x");
  s.fill(place, "", "r");
  EXPECT_EQ(s.next(), "!r a !x ");
}

TEST(Sequencer, LosesNothingBeforeAPlace) {
  Script s;
  const auto place = s.sequencer.open_place();
  s.sequencer.fix_place(place, 2);
  s.read(0, 5, 5, "e");
  EXPECT_EQ(s.next(), "lost ");
  EXPECT_FALSE(s.sequencer.wants_read()) << "it is the place that holds it up";
  s.fill(place, "R", "r");
  EXPECT_EQ(s.next(), "R !r lost e ");
}

// Two nodes commit at random; each hears of its own commits late and in any order, and reads at random, too.
TEST(Sequencer, PublishesTheSameOnEveryNodeWhateverComesWhen) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](std::int64_t below) {
      return static_cast<std::int64_t>(random() % static_cast<unsigned>(below));
    };
    Script nodes[2];
    std::string outbox;
    std::string wanted;
    std::vector<std::pair<std::int64_t, std::string>> committed[2];
    const auto hear = [&](int node) {
      auto& mine = committed[node];
      const auto one = mine.begin() + pick(static_cast<std::int64_t>(mine.size()));
      nodes[node].commit(one->first, one->second, "");
      mine.erase(one);
    };
    const auto read = [&](int node, std::int64_t limit) {
      const std::int64_t after = nodes[node].sequencer.published();
      const auto rest = outbox.substr(static_cast<std::size_t>(after), static_cast<std::size_t>(limit));
      const auto head = static_cast<std::int64_t>(outbox.size());
      nodes[node].read(after, head, after + 1, rest, static_cast<std::int64_t>(rest.size()) == limit);
    };
    for (int turn = 0; turn < 100; ++turn) {
      const int node = static_cast<int>(pick(2));
      std::string events;
      for (auto count = pick(4); count > 0; --count) events += static_cast<char>('a' + pick(26));
      committed[node].emplace_back(static_cast<std::int64_t>(outbox.size()) + 1, events);
      outbox += events;
      for (const char c : events) wanted += std::string(1, c) + " ";
      if (pick(2) == 0) hear(node);
      if (pick(3) == 0) read(static_cast<int>(pick(2)), 1 + pick(5));
    }
    for (int node = 0; node < 2; ++node) {
      std::size_t results = 0;
      while (!committed[node].empty()) hear(node);
      read(node, 1'000);
      std::string events;
      for (std::size_t i = 0; i < nodes[node].done.size(); i += 2) {
        const bool is_result = nodes[node].done[i] == '!';
        is_result ? static_cast<void>(++results) : static_cast<void>(events += nodes[node].done.substr(i, 2));
      }
      EXPECT_EQ(events, wanted) << "seed " << seed;
      EXPECT_GT(results, 0U);
      EXPECT_EQ(nodes[node].sequencer.waiting(), 0U);
    }
  }
}

}  // namespace belfry::store
