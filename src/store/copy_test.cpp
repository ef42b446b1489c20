#include "store/copy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "store/migrate.h"
#include "store/sqlite/connection.h"
#include "store/testing.h"

namespace belfry::store {
namespace {

using testing::Kind;
using testing::TempFolder;
using testing::TempSchema;

// An empty database of one kind, up to date.
class Place {
 public:
  explicit Place(Kind kind) {
    if (kind == Kind::postgres) {
      schema_.emplace();
      database_ = open_postgres_database(schema_->target(), {}, log_).value();
    } else {
      database_ = open_sqlite_database(folder_.file("x.db"), {}, log_).value();
    }
  }
  Database& operator*() { return *database_; }

 private:
  TempFolder folder_;
  std::optional<TempSchema> schema_;
  Log log_;
  std::unique_ptr<Database> database_;
};

using Columns = std::vector<std::pair<std::string, bool>>;  // the name, and whether it holds integers
using Rows = std::vector<std::vector<std::string>>;

std::map<std::string, Columns> columns_of(Database& database) {
  std::map<std::string, Columns> tables;
  EXPECT_TRUE(database.run(database.columns_sql(), {}, [&](const Row& row) {
    tables[row.text(0)].emplace_back(row.text(1), row.integer(2) != 0);
  }));
  for (auto& [name, columns] : tables) std::ranges::sort(columns);
  tables.erase("schema_migrations");
  tables.erase("app_migrations");
  return tables;
}

// Every row of every table.
std::map<std::string, Rows> content_of(Database& database) {
  std::map<std::string, Rows> content;
  for (const auto& [table, columns] : columns_of(database)) {
    std::string names;
    for (const auto& [name, integer] : columns) names += (names.empty() ? "" : ", ") + name;
    Rows& rows = content[table];
    EXPECT_TRUE(database.run("SELECT " + names + " FROM " + table, {}, [&](const Row& row) {
      auto& cells = rows.emplace_back();
      for (int i = 0; i < static_cast<int>(columns.size()); ++i) {
        cells.push_back(row.is_null(i) ? "(null)" : row.text(i));
      }
    }));
    std::ranges::sort(rows);
  }
  return content;
}

// Three rows of every table, more than a batch of messages, and what is hard: nulls, empty texts, quotes.
void fill(Database& database) {
  ASSERT_TRUE(database.run_script("INSERT INTO conversations VALUES ('c', 1200), ('', 0), ('d''\"\\', 0)"));
  for (int i = 1; i <= 1'200; ++i) {
    const std::string id = "m" + std::to_string(i * 7919 % 1201);
    const Param params[] = {id, i};
    ASSERT_TRUE(database.run(
        "INSERT INTO messages (id, conversation_id, seq, sender_id, text, attachments, created_at) "
        "VALUES ($1, 'c', $2, 's', '', '[]', 9007199254740993)",
        params));
  }
  const std::map<std::string, std::string> known = {
      {"conversation_id", "c"}, {"care_recipient_id", "0"}, {"medication_id", "0"}, {"reward_id", "0"}};
  // Those that others refer to come first.
  std::vector<std::string> order = {"care_recipients", "care_medications", "household_rewards"};
  const auto tables = columns_of(database);
  for (const auto& [table, columns] : tables) order.push_back(table);
  for (const std::string& table : order) {
    bool empty = true;
    ASSERT_TRUE(database.run("SELECT 1 FROM " + table + " LIMIT 1", {}, [&](const Row&) { empty = false; }));
    for (int i = 0; empty && i < 3; ++i) {
      std::string names, values;
      for (const auto& [name, integer] : tables.at(table)) {
        names += (names.empty() ? "" : ", ") + name;
        const auto fixed = known.find(name);
        const std::string text = fixed != known.end() ? fixed->second : std::to_string(i);
        values += (values.empty() ? "" : ", ") + (integer ? std::to_string(i + 1) : "'" + text + "'");
      }
      ASSERT_TRUE(database.run_script("INSERT INTO " + table + " (" + names + ") VALUES (" + values + ")"))
          << table;
    }
  }
}

class CopyStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("BELFRY_TEST_POSTGRES") == nullptr) GTEST_SKIP() << "BELFRY_TEST_POSTGRES is not set";
  }
};

TEST_F(CopyStoreTest, EveryRowOfEveryTableComesThereAndBack) {
  Place first(Kind::sqlite), second(Kind::postgres), third(Kind::sqlite);
  fill(*first);
  const auto content = content_of(*first);
  std::int64_t rows = 0;
  for (const auto& [table, of_table] : content) {
    EXPECT_GE(of_table.size(), 3u) << table;
    rows += static_cast<std::int64_t>(of_table.size());
  }
  std::vector<std::int64_t> messages;
  const auto note = [&](std::string_view table, std::int64_t count) {
    if (table == "messages") messages.push_back(count);
  };
  EXPECT_EQ(copy_store(*first, *second, note), rows);
  EXPECT_EQ(messages, (std::vector<std::int64_t>{500, 1'000, 1'200}));
  EXPECT_EQ(content_of(*second), content);
  EXPECT_EQ(copy_store(*second, *third, note), rows);
  EXPECT_EQ(content_of(*third), content);
}

TEST_F(CopyStoreTest, OnlyAnEmptyStoreIsCopiedInto) {
  Place from(Kind::postgres), to(Kind::sqlite);
  const auto nothing = [](std::string_view, std::int64_t) {};
  ASSERT_TRUE((*to).run_script("INSERT INTO conversations VALUES ('c', 0)"));
  const auto refused = copy_store(*from, *to, nothing);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_TRUE(refused.error().message.contains("is not empty: it has conversations"));
  EXPECT_EQ(content_of(*to).at("conversations").size(), 1u);
}

TEST_F(CopyStoreTest, StoresOfOtherStepsAreNotCopied) {
  Place from(Kind::sqlite), to(Kind::postgres);
  ASSERT_TRUE((*from).run_script("INSERT INTO schema_migrations VALUES (9999, 'of a newer program', 0)"));
  const auto refused = copy_store(*from, *to, [](std::string_view, std::int64_t) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
}

TEST_F(CopyStoreTest, WhatFailsLeavesNothing) {
  Place from(Kind::sqlite), to(Kind::postgres);
  ASSERT_TRUE(
      (*from).run_script("INSERT INTO conversations VALUES ('c', 0); INSERT INTO users (id, role, "
                         "created_at) VALUES ('u', '', 0)"));
  const Param params[] = {std::string_view("a\0b", 3)};
  ASSERT_TRUE((*from).run("INSERT INTO users (id, role, created_at) VALUES ('v', $1, 0)", params));
  const auto refused = copy_store(*from, *to, [](std::string_view, std::int64_t) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_TRUE(content_of(*to).at("conversations").empty());
}

}  // namespace
}  // namespace belfry::store
