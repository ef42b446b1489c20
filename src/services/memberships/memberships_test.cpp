#include "services/memberships/memberships.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace belfry::memberships {
namespace {

using store::Transaction;
using store::testing::read;
using store::testing::TempStore;
using store::testing::write;

constexpr std::string_view kKind = "test.group";

bool add_to(TempStore& store, std::string group, std::string user, std::string role = "member",
            std::string kind = std::string(kKind)) {
  return write(*store, [=](Transaction& tx) { return add(tx, kind, group, user, role, 7); }).value();
}
std::vector<Member> members_of(TempStore& store, std::string group) {
  return read(*store, [=](Transaction& tx) { return members(tx, kKind, group); }).value();
}
bool together(TempStore& store, std::string a, std::string b) {
  return read(*store, [=](Transaction& tx) { return share_group(tx, kKind, a, b); }).value();
}

TEST(Memberships, MembersAreAddedOnceAndRemovedOnce) {
  TempStore store;
  EXPECT_TRUE(add_to(store, "g", "bert", "admin"));
  EXPECT_TRUE(add_to(store, "g", "anna"));
  EXPECT_FALSE(add_to(store, "g", "bert", "member")) << "the role of old stays";
  EXPECT_EQ(members_of(store, "g"), (std::vector<Member>{{"anna", "member", 7}, {"bert", "admin", 7}}));

  const auto remove_anna = [](Transaction& tx) { return remove(tx, kKind, "g", "anna"); };
  EXPECT_TRUE(write(*store, remove_anna).value());
  EXPECT_FALSE(write(*store, remove_anna).value());
  EXPECT_EQ(members_of(store, "g").size(), 1u);
}

TEST(Memberships, WhatChangedIsTold) {
  TempStore store;
  add_to(store, "g", "anna", "admin");
  add_to(store, "g", "anna");
  const auto gone = [](Transaction& tx) { return remove(tx, kKind, "g", "anna"); };
  EXPECT_TRUE(write(*store, gone).value());
  EXPECT_FALSE(write(*store, gone).value());
  const auto told = store.events();
  ASSERT_EQ(told.size(), 2u);
  const auto added = std::dynamic_pointer_cast<const MemberAdded>(told[0]);
  ASSERT_NE(added, nullptr);
  EXPECT_EQ(added->kind, kKind);
  EXPECT_EQ(added->group_id, "g");
  EXPECT_EQ(added->member, (Member{"anna", "admin", 7}));
  const auto removed = std::dynamic_pointer_cast<const MemberRemoved>(told[1]);
  ASSERT_NE(removed, nullptr);
  EXPECT_EQ(removed->kind, kKind);
  EXPECT_EQ(removed->group_id, "g");
  EXPECT_EQ(removed->user_id, "anna");
}

TEST(Memberships, RolesAreOneAGroup) {
  TempStore store;
  add_to(store, "g", "anna", "admin");
  add_to(store, "h", "anna");
  const auto role_in = [&](std::string group) {
    return read(*store, [=](Transaction& tx) { return role_of(tx, kKind, group, "anna"); }).value();
  };
  EXPECT_EQ(role_in("g"), "admin");
  EXPECT_EQ(role_in("h"), "member");
  EXPECT_EQ(role_in("none"), std::nullopt);
  const auto raise = [](Transaction& tx) { return set_role(tx, kKind, "h", "anna", "admin"); };
  EXPECT_TRUE(write(*store, raise).value());
  EXPECT_EQ(role_in("h"), "admin");
  const auto stranger = [](Transaction& tx) { return set_role(tx, kKind, "h", "bert", "admin"); };
  EXPECT_FALSE(write(*store, stranger).value());
}

TEST(Memberships, WhoSharesAGroup) {
  TempStore store;
  add_to(store, "g", "anna");
  add_to(store, "g", "bert");
  add_to(store, "h", "bert");
  add_to(store, "h", "carl");
  add_to(store, "x", "anna", "member", "other.kind");
  add_to(store, "x", "carl", "member", "other.kind");
  EXPECT_TRUE(together(store, "anna", "bert"));
  EXPECT_TRUE(together(store, "bert", "anna"));
  EXPECT_FALSE(together(store, "anna", "carl")) << "in a group of another kind only";
  EXPECT_TRUE(together(store, "carl", "carl"));
  const auto all = [](Transaction& tx) { return fellows(tx, kKind, "bert", 10); };
  EXPECT_EQ(read(*store, all).value(), (std::set<std::string>{"anna", "bert", "carl"}));
  EXPECT_FALSE(together(store, "dora", "dora"));
}

TEST(Memberships, GroupsComeFromTheLastInPages) {
  TempStore store;
  for (const char* group : {"a", "b", "c", "d"}) add_to(store, group, "anna");
  add_to(store, "e", "bert");
  const auto page = [&](std::string before) {
    return read(*store, [=](Transaction& tx) { return groups_of(tx, kKind, "anna", before, 3); }).value();
  };
  EXPECT_EQ(page(""), (std::vector<std::string>{"d", "c", "b"}));
  EXPECT_EQ(page("b"), (std::vector<std::string>{"a"}));
  EXPECT_EQ(page("a"), std::vector<std::string>());
}

TEST(Memberships, AGroupIsBounded) {
  TempStore store;
  const auto fill = [](Transaction& tx) {
    return tx.run(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) "
        "INSERT INTO memberships (kind, group_id, user_id, role, joined_at) SELECT $1, 'g', i, 'member', 1 "
        "FROM n",
        {kKind, kMembersMax});
  };
  ASSERT_TRUE(write(*store, fill).value());
  const auto one_more = [](Transaction& tx) { return add(tx, kKind, "g", "anna", "member", 1); };
  const auto refused = write(*store, one_more);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::too_large);
  const auto known = [](Transaction& tx) { return add(tx, kKind, "g", "5", "member", 1); };
  EXPECT_FALSE(write(*store, known).value());
}

TEST(Memberships, WhoIsAddedTwiceAtOnceIsAddedOnce) {
  TempStore store;
  const auto anna = [](Transaction& tx) { return add(tx, kKind, "g", "anna", "member", 7); };
  const auto [first, second] = store::testing::overlap(store, anna, anna);
  EXPECT_EQ(first, true);
  EXPECT_EQ(second, false);
}

}  // namespace
}  // namespace belfry::memberships
