// Stores on one database, as several nodes have it.
#include "store/postgres/outbox.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <sstream>

#include "store/cases_testing.h"

namespace belfry::store {

namespace {

using testing::add_user;
using testing::read;
using testing::TempSchema;
using testing::wait_for;
using testing::write;

struct Said : Event {
  std::string word;
};
constexpr auto describe(Type<Said>) {
  return fields(field("word", &Said::word));
}
/// Of this process alone.
struct Thought : LocalEvent {
  explicit Thought(std::string one) : word(std::move(one)) {}
  std::string word;
};

SharedEvent said(std::string word) {
  auto event = std::make_shared<Said>();
  event->word = std::move(word);
  return event;
}

OutboxOptions quick() {
  OutboxOptions options;
  options.poll = std::chrono::milliseconds(50);
  return options;
}

/// A store, and what it published: words, local ones in brackets, and `lost`.
class Node {
 public:
  explicit Node(const TempSchema& schema, const OutboxOptions& outbox = quick()) {
    EventForms forms;
    forms.add<Said>("test.said");
    auto announcer = std::make_unique<Outbox>(
        outbox, std::move(forms), [this](const SharedEvent& event) { note(event); },
        std::make_unique<PostgresConnection>(schema.target(), PostgresOptions(), log_, Outbox::kChannel),
        log_);
    auto opened = open_postgres_store(schema.target(), {}, {}, std::move(announcer), log_);
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
  }

  Store& operator*() { return *store_; }

  /// Tells these, in one unit.
  void tell(std::vector<SharedEvent> events) {
    const auto done = write(*store_, [events](Transaction& tx) -> Result<void> {
      for (const SharedEvent& event : events) tx.tell(event);
      return {};
    });
    ASSERT_TRUE(done);
  }
  void say(const std::string& word) { tell({said(word)}); }

  std::string words() const {
    const std::lock_guard lock(mutex_);
    return words_;
  }
  /// What has been published, once that ends so; or what it is after ten seconds.
  std::string words_until(const std::string& end) {
    std::unique_lock lock(mutex_);
    noted_.wait_for(lock, std::chrono::seconds(10), [&] { return words_.ends_with(end + " "); });
    return words_;
  }

 private:
  void note(const SharedEvent& event) {
    const std::lock_guard lock(mutex_);
    if (const auto one = std::dynamic_pointer_cast<const Said>(event)) words_ += one->word + " ";
    if (const auto one = std::dynamic_pointer_cast<const Thought>(event)) words_ += "(" + one->word + ") ";
    if (std::dynamic_pointer_cast<const EventsLost>(event)) words_ += "lost ";
    noted_.notify_all();
  }

  Log log_;
  mutable std::mutex mutex_;
  std::condition_variable noted_;
  std::string words_;
  std::unique_ptr<Store> store_;
};

Result<void> put_row(Transaction& tx, std::string_view type, std::string_view data) {
  auto done = tx.run("UPDATE outbox_head SET number = number + 1");
  if (done) {
    done = tx.run(
        "INSERT INTO outbox (number, type, data, node, at) SELECT number, $1, $2, 'other', "
        "(extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM outbox_head",
        {type, data});
  }
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::int64_t> count_rows(Store& store) {
  return read(store, [](Transaction& tx) -> Result<std::int64_t> {
    const auto count =
        tx.query_one("SELECT count(*) FROM outbox", {}, [](const Row& row) { return row.integer(0); });
    if (!count) return std::unexpected(count.error());
    return count->value_or(-1);
  });
}

}  // namespace

TEST(Outbox, IsPublishedByEveryNodeInOneOrder) {
  const TempSchema schema;
  Node a(schema), b(schema);
  a.say("1");
  EXPECT_EQ(a.words(), "1 ") << "its own at once, before the result";
  b.say("2");
  a.tell({said("3"), said("4")});
  b.say("5");
  EXPECT_EQ(a.words_until("5"), "1 2 3 4 5 ");
  EXPECT_EQ(b.words_until("5"), "1 2 3 4 5 ");
}

TEST(Outbox, KeepsLocalEventsOnTheirNodeAndInTheirPlace) {
  const TempSchema schema;
  Node a(schema), b(schema);
  const auto thought = [](const char* word) { return std::make_shared<Thought>(word); };
  a.tell({thought("x"), said("1"), thought("y"), said("2"), thought("z")});
  EXPECT_EQ(a.words(), "(x) 1 (y) 2 (z) ");
  EXPECT_EQ(b.words_until("2"), "1 2 ");
}

TEST(Outbox, ForgetsWhatAUnitToldThatFailed) {
  const TempSchema schema;
  Node a(schema), b(schema);
  EXPECT_FALSE(write(*a, [](Transaction& tx) -> Result<void> {
    tx.tell(said("never"));
    return fail(ErrorKind::conflict, "no");
  }));
  a.say("1");
  EXPECT_EQ(b.words_until("1"), "1 ");
}

TEST(Outbox, BeginsAtTheHead) {
  const TempSchema schema;
  Node a(schema);
  a.say("before");
  Node b(schema);
  a.say("after");
  EXPECT_EQ(b.words_until("after"), "after ");
}

TEST(Outbox, SkipsWhatAnotherVersionWrote) {
  const TempSchema schema;
  Node a(schema);
  ASSERT_TRUE(write(*a, [](Transaction& tx) { return put_row(tx, "test.sung", "{}"); }));
  ASSERT_TRUE(write(*a, [](Transaction& tx) { return put_row(tx, "test.said", R"({"word": 1})"); }));
  ASSERT_TRUE(write(*a, [](Transaction& tx) { return put_row(tx, "test.said", R"({"word": "known"})"); }));
  a.say("own");
  EXPECT_EQ(a.words_until("own"), "known own ");
  EXPECT_EQ((*a).stats().sharing->skipped, 2U);
}

TEST(Outbox, KeepsAnyText) {
  const TempSchema schema;
  Node a(schema), b(schema);
  const std::string word = std::string("'\"\\\\u0000\n\x01\0“", 15) + "end";
  a.say(word);
  EXPECT_EQ(b.words_until("end"), word + " ");
}

TEST(Outbox, RemovesRowsThatAreOldAndSaysWhatWasLost) {
  const TempSchema schema;
  OutboxOptions short_lived = quick();
  short_lived.keep = std::chrono::milliseconds(1);
  Node a(schema, short_lived);
  Node b(schema);
  a.say("1");
  EXPECT_EQ(b.words_until("1"), "1 ");
  const auto deadline = TimePoint::clock::now() + std::chrono::seconds(10);
  while (count_rows(*a).value() > 0) ASSERT_LT(TimePoint::clock::now(), deadline);
  // As if one were removed that nobody had read.
  ASSERT_TRUE(
      write(*b, [](Transaction& tx) { return tx.run("UPDATE outbox_head SET number = number + 1"); }));
  a.say("2");
  EXPECT_EQ(b.words_until("2"), "1 lost 2 ");
  EXPECT_EQ(a.words_until("2"), "1 lost 2 ");
  EXPECT_EQ((*b).stats().sharing->lost, 1U);
}

TEST(Outbox, GivesReadsTheirPlaceAmongTheCommitsOfAll) {
  const TempSchema schema;
  Node a(schema), b(schema);
  ASSERT_TRUE(write(*a, [](Transaction& tx) { return add_user(tx, "counter"); }));
  // Each commit tells how far it has counted; each read tells what it saw.
  const auto count = [](Transaction& tx) -> Result<void> {
    if (auto locked = tx.lock("counter"); !locked) return locked;
    if (auto done = tx.run("UPDATE users SET created_at = created_at + 1"); !done) {
      return std::unexpected(done.error());
    }
    const auto now =
        tx.query_one("SELECT created_at FROM users", {}, [](const Row& row) { return row.text(0); });
    if (!now) return std::unexpected(now.error());
    tx.tell(said(now->value()));
    return {};
  };
  const auto look = [](Transaction& tx) -> Result<void> {
    const auto now =
        tx.query_one("SELECT created_at FROM users", {}, [](const Row& row) { return row.text(0); });
    if (!now) return std::unexpected(now.error());
    tx.tell(std::make_shared<Thought>(now->value()));
    return {};
  };
  std::vector<std::future<Result<void>>> results;
  for (int i = 0; i < 100; ++i) {
    results.push_back(start_write(i % 2 == 0 ? *a : *b, count));
    auto promise = std::make_shared<std::promise<Result<void>>>();
    results.push_back(promise->get_future());
    (*a).read_in_order(post_inline(), look,
                       [promise](Result<void> done) { promise->set_value(std::move(done)); });
  }
  for (auto& result : results) EXPECT_TRUE(wait_for(result));
  a.say("102");
  std::istringstream words(a.words_until("102"));
  std::string last = "1";
  int counted = 0;
  int looked = 0;
  for (std::string word; words >> word;) {
    if (word.starts_with('(')) {
      EXPECT_EQ(word, "(" + last + ")") << a.words();
      ++looked;
    } else {
      EXPECT_EQ(std::stoi(word), std::stoi(last) + 1);
      last = word;
      ++counted;
    }
  }
  EXPECT_EQ(counted, 101);
  EXPECT_EQ(looked, 100);
}

}  // namespace belfry::store
