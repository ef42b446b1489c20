#include "apps/health/visits.h"

#include <gtest/gtest.h>

#include "store/migrations/migrations.h"
#include "store/testing.h"

namespace belfry::health {
namespace {

using store::Transaction;
using store::testing::read;
using store::testing::TempStore;
using store::testing::write;

Caller user(std::string id, std::string role = "provider") {
  Caller caller;
  caller.user_id = std::move(id);
  caller.role = std::move(role);
  return caller;
}
Visit make(TempStore& store, std::string patient, std::vector<std::string> providers) {
  const NewVisit visit{
      .patient_id = std::move(patient), .provider_ids = std::move(providers), .scheduled_at = {}};
  return write(*store, [visit](Transaction& tx) { return create_visit(tx, visit, "", 1); }).value();
}

TEST(Visits, AreFoundAsTheyWereMade) {
  TempStore store;
  for (const auto& providers : {std::vector<std::string>{"q", "p", "q"}, {"anna", "p"}}) {
    const Visit made = make(store, "anna", providers);
    EXPECT_EQ(read(*store, [id = made.id](Transaction& tx) { return find_visit(tx, id); }).value(), made);
    EXPECT_EQ(made.participants().front(), "anna");
  }
}

TEST(Visits, AreListedToThoseWhoTakePart) {
  TempStore store;
  const Visit first = make(store, "anna", {"p"});
  const Visit second = make(store, "bert", {"p", "q"});
  const auto list = [&](const Caller& caller, int limit, std::string before) {
    return read(*store, [=](Transaction& tx) { return list_visits(tx, caller, limit, before); }).value();
  };
  EXPECT_EQ(list(user("anna"), 9, "").items, std::vector{first});
  EXPECT_EQ(list(user("p"), 9, "").items, (std::vector{second, first}));
  EXPECT_EQ(list(user("z", "admin"), 9, "").items, (std::vector{second, first}));
  EXPECT_TRUE(list(user("z"), 9, "").items.empty());
  for (const Caller& caller : {user("p"), user("z", "admin")}) {
    const VisitList page = list(caller, 1, "");
    EXPECT_EQ(page.items, std::vector{second});
    ASSERT_EQ(page.next_cursor, second.id);
    const VisitList rest = list(caller, 1, *page.next_cursor);
    EXPECT_EQ(rest.items, std::vector{first});
    EXPECT_EQ(rest.next_cursor, std::nullopt);
  }
}

TEST(Visits, OfAnOlderStoreKeepWhoTakesPart) {
  const store::testing::TempPlace place;
  Log log;
  const auto open = [&](std::span<const store::Migration> migrations) {
    return place.open({}, [](const SharedEvent&) {}, log, migrations).value();
  };
  {
    const auto old = open(store::all_migrations().first(7));
    for (const char* sql : {"INSERT INTO visits VALUES ('v', 'anna', NULL, '', 5)",
                            "INSERT INTO visit_providers VALUES ('v', 'p')",
                            "INSERT INTO visits VALUES ('w', 'bert', NULL, '', 6)",
                            "INSERT INTO visit_providers VALUES ('w', 'bert')"}) {
      ASSERT_TRUE(write(*old, [sql](Transaction& tx) { return tx.run(sql); }));
    }
  }
  const auto now = open(store::all_migrations());
  const auto found = [&](std::string id) {
    return read(*now, [id](Transaction& tx) { return find_visit(tx, id); }).value().value();
  };
  EXPECT_EQ(found("v").participants(), (std::vector<std::string>{"anna", "p"}));
  EXPECT_EQ(found("w").provider_ids, std::vector<std::string>{"bert"});
}

}  // namespace
}  // namespace belfry::health
