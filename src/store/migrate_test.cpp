#include "store/migrate.h"

#include <gtest/gtest.h>

#include "belfry/log.h"
#include "store/testing.h"

namespace belfry::store {
namespace {

constexpr Migration kTwo[] = {{1, "one", "CREATE TABLE a (x BIGINT); CREATE TABLE b (x BIGINT);"},
                              {2, "two", "INSERT INTO a VALUES (1);"}};

class MigrateTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open(std::span<const Migration> migrations) {
    return place_.open({}, [](const SharedEvent&) {}, log_, migrations);
  }
  static std::int64_t number(Store& store, std::string_view sql) {
    const auto found = testing::read(store, [sql](Transaction& tx) {
      return tx.query_one(sql, {}, [](const Row& row) { return row.integer(0); });
    });
    return found && *found ? **found : -1;
  }

  testing::TempPlace place_;
  Log log_;
};

TEST_F(MigrateTest, EveryStepIsAppliedOnce) {
  for (int round = 0; round < 3; ++round) {
    auto store = open(kTwo);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(number(**store, "SELECT count(*) FROM a"), 1);
    EXPECT_EQ(number(**store, "SELECT max(number) FROM schema_migrations"), 2);
  }
}

TEST_F(MigrateTest, ALaterProgramAppliesWhatIsMissing) {
  ASSERT_TRUE(open(std::span(kTwo).first(1)));
  auto store = open(kTwo);
  ASSERT_TRUE(store);
  EXPECT_EQ(number(**store, "SELECT count(*) FROM a"), 1);
}

TEST_F(MigrateTest, AnAppFromOutsideCountsItsOwnSteps) {
  static constexpr Migration kNotes[] = {{1, "notes", "CREATE TABLE notes (x BIGINT);"},
                                         {2, "a first note", "INSERT INTO notes VALUES (7);"}};
  const auto with = [this](std::span<const Migration> steps) {
    return place_.open({}, [](const SharedEvent&) {}, log_, all_migrations(), {{"notes", steps}});
  };
  ASSERT_TRUE(with(std::span(kNotes).first(1)));
  for (int round = 0; round < 2; ++round) {
    const auto store = with(kNotes);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(number(**store, "SELECT sum(x) FROM notes"), 7);
  }
  const auto older = with(std::span(kNotes).first(1));
  ASSERT_FALSE(older);
  EXPECT_NE(older.error().message.find("app notes is at step 2"), std::string::npos) << older.error().message;
  EXPECT_TRUE(open(all_migrations())) << "without the app its tables stay as they are";
}

TEST_F(MigrateTest, ANewerDatabaseIsRefusedAndLeftAsItIs) {
  ASSERT_TRUE(open(kTwo));
  const auto older = open(std::span(kTwo).first(1));
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().kind, ErrorKind::conflict);
  EXPECT_NE(older.error().message.find("newer than this program"), std::string::npos)
      << older.error().message;
  EXPECT_TRUE(open(kTwo));
}

TEST_F(MigrateTest, AFailingStepChangesNothing) {
  constexpr Migration kBroken[] = {
      kTwo[0], {2, "broken", "INSERT INTO a VALUES (1); INSERT INTO missing VALUES (1);"}};
  const auto broken = open(kBroken);
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find("migration 2 (broken)"), std::string::npos) << broken.error().message;
  auto store = open(kTwo);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(number(**store, "SELECT count(*) FROM a"), 1);
}

TEST_F(MigrateTest, OursAreNumberedWithoutAGap) {
  int expected = 1;
  for (const Migration& migration : all_migrations()) EXPECT_EQ(migration.number, expected++);
}

}  // namespace
}  // namespace belfry::store
