#include "store/batch.h"

#include <gtest/gtest.h>

#include <optional>

#include "store/cases_testing.h"
#include "store/sqlite/connection.h"
#include "store/worker_store.h"

namespace belfry::store {
namespace {

using testing::add_user;
using testing::Held;
using testing::Told;
using testing::user_ids;
using testing::wait_for;

// Keeps a row for each event, and what it was told after commits.
class Keeper final : public Announcer {
 public:
  struct Kept {
    std::optional<Error> failure;
    std::vector<std::size_t> batches;
  };
  explicit Keeper(Kept& kept) : kept_(kept) {}

  Result<void> start() override { return {}; }
  Result<void> before_commit(Database& database, std::span<const SharedEvent> events) override {
    for (const auto& event : events) {
      const std::string id = "event " + std::to_string(dynamic_cast<const Told&>(*event).number);
      const Param params[] = {id};
      auto done = database.run("INSERT INTO users (id, role, created_at) VALUES ($1, '', 0)", params);
      if (!done) return done;
    }
    if (kept_.failure) return std::unexpected(*kept_.failure);
    return {};
  }
  void committed(std::vector<SharedEvent> events, std::vector<std::unique_ptr<Unit>> units) override {
    if (!events.empty()) kept_.batches.push_back(events.size());
    for (const auto& unit : units) unit->finish();
  }
  std::unique_ptr<Unit> in_order(std::unique_ptr<Unit>&) override { return nullptr; }
  void report(StoreStats&) const override {}
  void stop() override {}

 private:
  Kept& kept_;
};

class BatchTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open() {
    Connections connections;
    connections.writer = open_sqlite_database(folder_.file("x.db"), {}, log_).value();
    connections.readers.push_back(
        SqliteConnection::open(folder_.file("x.db"), Access::read_only, std::chrono::seconds(1), log_)
            .value());
    return start_store({}, std::move(connections), std::make_unique<Keeper>(kept_), log_);
  }
  static std::future<Result<void>> start(Store& store, int number) {
    return start_write(store, [number](Transaction& tx) {
      tx.tell(std::make_shared<Told>(number));
      return add_user(tx, std::to_string(number));
    });
  }

  testing::TempFolder folder_;
  Log log_{testing::silent_log()};
  Keeper::Kept kept_;
};

TEST_F(BatchTest, WhatIsToldIsAnnouncedWithTheCommitOncePerBatch) {
  const auto store = open();
  Held held(*store);
  auto first = start(*store, 1);
  auto silent = start_write(*store, [](Transaction& tx) { return add_user(tx, "silent"); });
  auto second = start(*store, 2);
  held.release();
  for (auto* result : {&first, &silent, &second}) EXPECT_TRUE(wait_for(*result));
  EXPECT_EQ(user_ids(*store), (std::vector<std::string>{"1", "2", "event 1", "event 2", "silent"}));
  EXPECT_EQ(kept_.batches, std::vector<std::size_t>{2});
}

TEST_F(BatchTest, WhereItCannotBeAnnouncedNothingIsKept) {
  const auto store = open();
  kept_.failure = Error{ErrorKind::internal, "no"};
  auto refused = start(*store, 1);
  EXPECT_EQ(wait_for(refused).error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(user_ids(*store)->empty());
  EXPECT_TRUE(kept_.batches.empty());
  kept_.failure.reset();
  auto good = start(*store, 2);
  EXPECT_TRUE(wait_for(good));
  EXPECT_EQ(user_ids(*store), (std::vector<std::string>{"2", "event 2"}));
}

}  // namespace
}  // namespace belfry::store
