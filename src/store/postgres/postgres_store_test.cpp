#include "store/postgres/postgres_store.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <barrier>
#include <random>
#include <thread>

#include "store/cases_testing.h"
#include "store/postgres/proxy_testing.h"

namespace belfry::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::add_user;
using testing::Held;
using testing::read;
using testing::TempSchema;
using testing::user_ids;
using testing::wait_for;
using testing::write;

constexpr const char* kNoServer = "BELFRY_TEST_POSTGRES is not set: tests/support/with-services sets it";

class PostgresStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("BELFRY_TEST_POSTGRES") == nullptr) GTEST_SKIP() << kNoServer;
    schema_.emplace();
  }

  std::unique_ptr<Store> open(const StoreOptions& options = {}, const PostgresOptions& postgres = {}) {
    return open_at(schema_->target(), options, postgres);
  }
  std::unique_ptr<Store> open_at(const PostgresTarget& target, const StoreOptions& options = {},
                                 const PostgresOptions& postgres = {}) {
    return open_postgres_store(target, options, postgres, silent(), log_).value();
  }
  std::unique_ptr<Announcer> silent() {
    return announce_here([](const SharedEvent&) {}, log_);
  }
  // A connection beside the store.
  std::unique_ptr<PostgresConnection> connect(const PostgresOptions& options = {}) {
    auto connection = std::make_unique<PostgresConnection>(schema_->target(), options, log_);
    EXPECT_TRUE(connection->connect());
    return connection;
  }

  Log log_{testing::silent_log()};
  std::optional<TempSchema> schema_;
};

std::int64_t number(const Row& row) {
  return row.integer(0);
}

Result<std::int64_t> backend_pid(Transaction& tx) {
  auto pid = tx.query_one("SELECT pg_backend_pid()", {}, number);
  if (!pid) return std::unexpected(pid.error());
  return **pid;
}

Result<std::int64_t> rename(Transaction& tx, std::string_view id) {
  return tx.run("UPDATE users SET name = coalesce(name, '') || '+' WHERE id = $1", {id});
}

// Adds a message with the next number of its conversation.
Result<std::int64_t> add_message(Transaction& tx, const std::string& conversation, const std::string& id) {
  const auto seq = tx.query_one(
      "INSERT INTO conversations (id, last_seq) VALUES ($1, 1) "
      "ON CONFLICT (id) DO UPDATE SET last_seq = conversations.last_seq + 1 RETURNING last_seq",
      {conversation}, number);
  if (!seq) return std::unexpected(seq.error());
  const auto stored = tx.run(
      "INSERT INTO messages (id, conversation_id, seq, sender_id, text, attachments, created_at) "
      "VALUES ($1, $2, $3, 's', 'text', '[]', 0)",
      {id, conversation, **seq});
  if (!stored) return std::unexpected(stored.error());
  return **seq;
}

TEST_F(PostgresStoreTest, ABackendThatIsKilledTakesItsBatchAndNothingElse) {
  const auto store = open();
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "before"); }));
  Held held(*store);
  auto first = start_write(*store, [](Transaction& tx) { return add_user(tx, "a"); });
  auto killed = start_write(*store, [this](Transaction& tx) -> Result<void> {
    const auto pid = backend_pid(tx);
    if (!pid) return std::unexpected(pid.error());
    const Param params[] = {*pid};
    EXPECT_TRUE(connect()->run("SELECT pg_terminate_backend($1::int, 5000)", params));
    return add_user(tx, "b");
  });
  held.release();
  for (auto* result : {&first, &killed}) {
    const auto outcome = wait_for(*result);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::unavailable);
  }
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "c"); }));
  EXPECT_EQ(user_ids(*store), (std::vector<std::string>{"before", "c"}));
}

TEST_F(PostgresStoreTest, ConnectionsThatAreLostAtRestComeBackUnnoticed) {
  const auto store = open();
  ASSERT_TRUE(user_ids(*store));
  const Param params[] = {schema_->target().schema};
  ASSERT_TRUE(
      connect()->run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                     "WHERE pid <> pg_backend_pid() AND application_name = $1",
                     params));
  EXPECT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "a"); }));
  EXPECT_EQ(user_ids(*store), std::vector<std::string>{"a"});
}

TEST_F(PostgresStoreTest, WhileTheServerIsAwayEverythingFailsAtOnceAndWorksAgainAfterwards) {
  testing::CutProxy proxy(schema_->target());
  const auto store = open_at(proxy.target());
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "a"); }));
  proxy.refuse();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    const auto written = write(*store, [](Transaction& tx) { return add_user(tx, "lost"); });
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(user_ids(*store).error().kind, ErrorKind::unavailable);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(3));
  proxy.accept();
  const auto until = std::chrono::steady_clock::now() + seconds(10);
  while (!write(*store, [](Transaction& tx) { return add_user(tx, "b"); })) {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
  }
  while (!user_ids(*store)) ASSERT_LT(std::chrono::steady_clock::now(), until);
  EXPECT_EQ(user_ids(*store), (std::vector<std::string>{"a", "b"}));
}

TEST_F(PostgresStoreTest, ASilentServerIsGivenUpInTime) {
  const auto store = open({}, {.statement_timeout = milliseconds(200)});
  const auto pid = write(*store, backend_pid);
  ASSERT_TRUE(pid);
  if (::kill(static_cast<pid_t>(*pid), SIGSTOP) != 0) GTEST_SKIP() << "not allowed to stop PostgreSQL";
  const auto start = std::chrono::steady_clock::now();
  // At rest when it fell silent: nothing is lost, and another backend takes the unit.
  EXPECT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "a"); }));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
  ::kill(static_cast<pid_t>(*pid), SIGCONT);
  // In the middle of a unit.
  std::int64_t stopped = 0;
  const auto written = write(*store, [&stopped](Transaction& tx) -> Result<void> {
    const auto own = backend_pid(tx);
    if (!own) return std::unexpected(own.error());
    stopped = *own;
    ::kill(static_cast<pid_t>(stopped), SIGSTOP);
    return add_user(tx, "b");
  });
  ::kill(static_cast<pid_t>(stopped), SIGCONT);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(user_ids(*store), std::vector<std::string>{"a"});
}

TEST_F(PostgresStoreTest, ACommitWithoutAnAnswerIsNoSuccess) {
  testing::CutProxy proxy(schema_->target());
  const auto store = open_at(proxy.target());
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "a"); }));
  // What comes with the commit: that itself is prepared, and has no text.
  proxy.cut_after("RELEASE unit");
  const auto unknown = write(*store, [](Transaction& tx) { return add_user(tx, "b"); });
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::unavailable);
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "c"); }));
  // PostgreSQL has it, and nobody was told so.
  EXPECT_EQ(user_ids(*store), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(PostgresStoreTest, ACommitThatIsRefusedFailsTheWholeBatchAndNotTheNext) {
  const auto store = open();
  ASSERT_TRUE(connect()->run_script(
      "CREATE TABLE late (x BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO late VALUES (1)"));
  Held held(*store);
  auto good = start_write(*store, [](Transaction& tx) { return add_user(tx, "a"); });
  auto poison = start_write(*store, [](Transaction& tx) { return tx.run("INSERT INTO late VALUES (1)"); });
  held.release();
  EXPECT_EQ(wait_for(good).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(wait_for(poison).error().kind, ErrorKind::unavailable);
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "b"); }));
  EXPECT_EQ(user_ids(*store), std::vector<std::string>{"b"});
}

TEST_F(PostgresStoreTest, TwoNodesWriteTheSameConversationsWithoutGapsOrLosses) {
  constexpr int kEach = 300;
  const std::unique_ptr<Store> nodes[] = {open(), open()};
  std::vector<std::future<Result<std::int64_t>>> results;
  std::mt19937 random(7);
  for (int i = 0; i < kEach; ++i) {
    for (int node = 0; node < 2; ++node) {
      // Two each, in any order: batches that would wait for each other for ever.
      const std::string id = std::to_string(node) + "-" + std::to_string(i);
      const auto first = std::to_string(random() % 3);
      const auto second = std::to_string(random() % 3);
      results.push_back(start_write(*nodes[node], [=](Transaction& tx) {
        const auto added = add_message(tx, first, id + "a");
        return added ? add_message(tx, second, id + "b") : added;
      }));
    }
  }
  for (auto& result : results) {
    ASSERT_EQ(result.wait_for(seconds(60)), std::future_status::ready);
    const auto added = result.get();
    EXPECT_TRUE(added) << added.error().message;
  }
  const auto counts = read(*nodes[0], [](Transaction& tx) {
    return tx.query_all(
        "SELECT (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id) = c.last_seq AND "
        "(SELECT max(seq) FROM messages m WHERE m.conversation_id = c.id) = c.last_seq, c.last_seq "
        "FROM conversations c",
        {}, [](const Row& row) { return std::pair(row.integer(0), row.integer(1)); });
  });
  ASSERT_TRUE(counts);
  std::int64_t all = 0;
  for (const auto& [gapless, last] : *counts) {
    EXPECT_EQ(gapless, 1);
    all += last;
  }
  EXPECT_EQ(all, 4 * kEach);
}

TEST_F(PostgresStoreTest, UnitsThatCrossLetEachOtherGoFirst) {
  const std::unique_ptr<Store> nodes[] = {open(), open()};
  for (const char* id : {"a", "b"}) {
    ASSERT_TRUE(write(*nodes[0], [&](Transaction& tx) { return add_user(tx, id); }));
  }
  // Each holds the row that the other wants: they let go at the same time.
  std::barrier both_hold_one(2);
  std::atomic<int> runs;
  const auto cross = [&](Store& node, std::string mine, std::string other) {
    return start_write(node, [&, mine, other](Transaction& tx) {
      auto renamed = rename(tx, mine);
      if (runs++ < 2) both_hold_one.arrive_and_wait();
      return renamed ? rename(tx, other) : renamed;
    });
  };
  for (int round = 0; round < 10; ++round) {
    runs = 0;
    auto one = cross(*nodes[0], "a", "b");
    auto other = cross(*nodes[1], "b", "a");
    EXPECT_TRUE(wait_for(one));
    EXPECT_TRUE(wait_for(other));
  }
}

// Keeps a row of `users` locked until it is released.
class RowHeld {
 public:
  RowHeld(std::unique_ptr<PostgresConnection> connection, std::string_view id)
      : connection_(std::move(connection)) {
    const Param params[] = {id};
    EXPECT_TRUE(connection_->begin(Purpose::write));
    EXPECT_TRUE(connection_->run("UPDATE users SET name = 'held' WHERE id = $1", params));
  }
  void release() { EXPECT_TRUE(connection_->commit()); }

 private:
  std::unique_ptr<PostgresConnection> connection_;
};

TEST_F(PostgresStoreTest, AUnitThatHasToWaitLetsTheOthersGoAndIsDoneOnce) {
  const auto store = open();
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "a"); }));
  RowHeld row(connect(), "a");
  std::atomic<int> runs = 0;
  std::promise<void> twice;
  Held held(*store);
  auto before = start_write(*store, [](Transaction& tx) { return add_user(tx, "b"); });
  auto waiting = start_write(*store, [&](Transaction& tx) {
    if (++runs == 2) twice.set_value();
    return rename(tx, "a");
  });
  auto after = start_write(*store, [](Transaction& tx) { return add_user(tx, "c"); });
  held.release();
  EXPECT_TRUE(wait_for(before)) << "what came before is committed while the unit waits";
  ASSERT_EQ(twice.get_future().wait_for(seconds(10)), std::future_status::ready);
  row.release();
  EXPECT_EQ(wait_for(waiting), 1);
  EXPECT_TRUE(wait_for(after));
  const auto name = read(*store, [](Transaction& tx) {
    return tx.query_one("SELECT name FROM users WHERE id = 'a'", {}, [](const Row& r) { return r.text(0); });
  });
  EXPECT_EQ(name->value(), "held+");
}

TEST_F(PostgresStoreTest, AUnitWaitsNoLongerThanItMay) {
  const auto store = open({.lock_timeout = milliseconds(300)});
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "a"); }));
  RowHeld row(connect(), "a");
  const auto refused = write(*store, [](Transaction& tx) { return rename(tx, "a"); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "b"); }));
  row.release();
}

TEST_F(PostgresStoreTest, WhoLocksAKeySeesWhatThePreviousOneHasCommitted) {
  const std::unique_ptr<Store> nodes[] = {open(), open()};
  std::vector<std::future<Result<std::int64_t>>> results;
  for (int i = 0; i < 100; ++i) {
    results.push_back(start_write(*nodes[i % 2], [](Transaction& tx) -> Result<std::int64_t> {
      if (auto locked = tx.lock("counter"); !locked) return std::unexpected(locked.error());
      const auto count = tx.query_one("SELECT count(*) FROM users", {}, number);
      if (!count) return std::unexpected(count.error());
      if (auto added = add_user(tx, std::to_string(**count)); !added) return std::unexpected(added.error());
      return **count;
    }));
  }
  for (auto& result : results) {
    const auto added = wait_for(result);
    EXPECT_TRUE(added) << added.error().message;
  }
  EXPECT_EQ(user_ids(*nodes[0])->size(), 100u);
}

TEST_F(PostgresStoreTest, TextsThatItCannotHoldAreRefused) {
  const auto store = open();
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xff")}) {
    const auto refused = write(*store, [text](Transaction& tx) { return add_user(tx, text); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  }
}

TEST_F(PostgresStoreTest, ManyDifferentStatementsAreNoProblem) {
  const auto store = open();
  const auto sum = write(*store, [](Transaction& tx) -> Result<std::int64_t> {
    std::int64_t all = 0;
    for (std::size_t i = 0; i < PostgresConnection::kMaxStatements + 50; ++i) {
      const auto found = tx.query_one("SELECT $1::bigint + " + std::to_string(i), {1}, number);
      if (!found) return std::unexpected(found.error());
      all += **found - static_cast<std::int64_t>(i);
    }
    return all;
  });
  EXPECT_EQ(sum, static_cast<std::int64_t>(PostgresConnection::kMaxStatements + 50));
}

TEST_F(PostgresStoreTest, NodesThatStartAtOnceBringItUpToDateOnce) {
  std::vector<std::jthread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { opened += user_ids(*open()).has_value(); });
  }
  threads.clear();
  EXPECT_EQ(opened, 4);
}

TEST_F(PostgresStoreTest, WithoutAServerItSaysWhere) {
  const auto target = parse_postgres_url("postgres://u:hunter2@127.0.0.1:1/x").value();
  const auto store = open_postgres_store(target, {}, {}, silent(), log_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(store.error().message.contains("postgres://127.0.0.1:1/x")) << store.error().message;
  EXPECT_FALSE(store.error().message.contains("hunter2"));
}

TEST_F(PostgresStoreTest, TextSortsByItsBytesWhateverTheDatabasesLanguage) {
  const std::string name = "belfry_" + make_sid();
  PostgresOptions patient;  // a whole database is made and removed on the disk
  patient.statement_timeout = std::chrono::seconds(60);
  const auto admin = connect(patient);
  ASSERT_TRUE(admin->run_script("CREATE DATABASE \"" + name +
                                "\" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"));
  auto target = schema_->target();
  target.parameters.emplace_back("dbname", name);
  {
    const auto store = open_at(target);
    for (const char* id : {"a", "B", "b"}) {
      ASSERT_TRUE(write(*store, [id](Transaction& tx) { return add_user(tx, id); }));
    }
    EXPECT_EQ(user_ids(*store), (std::vector<std::string>{"B", "a", "b"}));
  }
  EXPECT_TRUE(admin->run_script("DROP DATABASE \"" + name + "\" WITH (FORCE)"));
}

}  // namespace
}  // namespace belfry::store
