#include "store/sqlite/sqlite_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "store/cases_testing.h"

namespace belfry::store {
namespace {

using testing::add_user;
using testing::Held;
using testing::Kind;
using testing::TempStore;
using testing::Told;
using testing::user_ids;
using testing::wait_for;
using testing::write;

TEST(SqliteStore, ACommitWaitsForTheDisk) {
  TempStore store({}, Kind::sqlite);
  constexpr std::int64_t kFull = 2;
  const auto synchronous = write(*store, [](Transaction& tx) {
    return tx.query_one("PRAGMA synchronous", {}, [](const Row& row) { return row.integer(0); });
  });
  EXPECT_EQ(synchronous->value(), kFull);
  const auto journal = write(*store, [](Transaction& tx) {
    return tx.query_one("PRAGMA journal_mode", {}, [](const Row& row) { return row.text(0); });
  });
  EXPECT_EQ(journal->value(), "wal");
}

TEST(SqliteStore, AFailedCommitFailsTheWholeBatchAndNotTheNext) {
  TempStore store({}, Kind::sqlite);
  Held held(*store);
  auto good = start_write(*store, [](Transaction& tx) {
    tx.tell(std::make_shared<Told>(1));
    return add_user(tx, "a");
  });
  auto poison = start_write(*store, [](Transaction& tx) -> Result<void> {
    (void)tx.query("PRAGMA defer_foreign_keys=ON", {}, nullptr);
    auto orphan =
        tx.run("INSERT INTO read_marks (conversation_id, user_id, read_up_to) VALUES ('none', 'p', 1)");
    if (!orphan) return std::unexpected(orphan.error());
    return {};
  });
  auto own_error =
      start_write(*store, [](Transaction&) -> Result<void> { return fail(ErrorKind::not_found, "nothing"); });
  held.release();

  for (auto* result : {&good, &poison, &own_error}) {
    const auto outcome = wait_for(*result);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::unavailable);
  }
  EXPECT_TRUE(store.events().empty());
  EXPECT_EQ(store->stats().failed_commits, 1u);
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "b"); }));
  EXPECT_EQ(user_ids(*store), std::vector<std::string>{"b"});
}

TEST(SqliteStore, AFullDatabaseAcknowledgesOnlyWhatItKeeps) {
  TempStore store({}, Kind::sqlite);
  ASSERT_TRUE(
      write(*store, [](Transaction& tx) { return tx.query("PRAGMA max_page_count=80", {}, nullptr); }));
  // One commit of its own succeeds; of those below, which may be one commit, none needs to.
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "first"); }));
  std::vector<std::future<Result<void>>> results;
  const std::string padding(2'000, 'x');
  for (int i = 0; i < 200; ++i) {
    results.push_back(start_write(
        *store, [i, padding](Transaction& tx) { return add_user(tx, padding + std::to_string(i)); }));
  }
  std::size_t good = 1;
  for (auto& result : results) {
    const auto outcome = wait_for(result);
    if (outcome) {
      ++good;
    } else {
      EXPECT_EQ(outcome.error().kind, ErrorKind::unavailable);
    }
  }
  EXPECT_LT(good, 201u);
  EXPECT_EQ(user_ids(*store)->size(), good);
}

TEST(SqliteStore, AZeroInATextIsKept) {
  TempStore store({}, Kind::sqlite);
  const std::string with_zero("a\0b", 3);
  const auto kept = write(*store, [&](Transaction& tx) {
    return tx.query_one("SELECT $1", {with_zero}, [](const Row& row) { return row.text(0); });
  });
  EXPECT_EQ(kept->value(), with_zero);
}

TEST(SqliteStore, AFileThatIsNoDatabaseIsRefused) {
  const testing::TempFolder folder;
  Log log;
  FILE* file = std::fopen(folder.file("m.db").c_str(), "w");
  std::fputs(std::string(5'000, 'x').c_str(), file);
  std::fclose(file);
  const auto store = open_sqlite_store(folder.file("m.db"), {}, [](const SharedEvent&) {}, log);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::unavailable);
  EXPECT_NE(store.error().message.find("not a database"), std::string::npos) << store.error().message;
}

TEST(SqliteStore, AMissingFolderIsRefused) {
  Log log;
  const auto store = open_sqlite_store("/nonexistent/x.db", {}, [](const SharedEvent&) {}, log);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::unavailable);
}

TEST(SqliteStore, TheFilesAreTheirOwnersAlone) {
  const testing::TempFolder folder;
  Log log;
  auto store = open_sqlite_store(folder.file("m.db"), {}, [](const SharedEvent&) {}, log);
  ASSERT_TRUE(store);
  for (const char* name : {"m.db", "m.db-wal"}) {
    struct stat status{};
    ASSERT_EQ(::stat(folder.file(name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777u, 0600u) << name;
  }
}

}  // namespace
}  // namespace belfry::store
