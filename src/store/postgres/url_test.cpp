#include "store/postgres/url.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace belfry::store {
namespace {

std::string value(const PostgresTarget& target, std::string_view name) {
  const auto found = std::ranges::find(target.parameters, name, &std::pair<std::string, std::string>::first);
  return found == target.parameters.end() ? "(none)" : found->second;
}

TEST(PostgresUrl, BothSchemesAreOneAndLibpqReadsTheRest) {
  for (const std::string scheme : {"postgres", "postgresql"}) {
    const auto target = parse_postgres_url(scheme + "://ann:a%40b@db.example.org:5433/app?sslmode=require");
    ASSERT_TRUE(target);
    EXPECT_EQ(value(*target, "user"), "ann");
    EXPECT_EQ(value(*target, "password"), "a@b");
    EXPECT_EQ(value(*target, "host"), "db.example.org");
    EXPECT_EQ(value(*target, "port"), "5433");
    EXPECT_EQ(value(*target, "dbname"), "app");
    EXPECT_EQ(value(*target, "sslmode"), "require");
    EXPECT_EQ(target->schema, "");
    EXPECT_TRUE(target->ignored.empty());
  }
}

TEST(PostgresUrl, PrismasSchemaIsKeptAndItsOtherParametersAreNamed) {
  const auto target = parse_postgres_url(
      "postgresql://u@h/d?connection_limit=5&schema=my%20app&pgbouncer=true&application_name=me");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->schema, "my app");
  EXPECT_EQ(target->ignored, (std::vector<std::string>{"connection_limit", "pgbouncer"}));
  EXPECT_EQ(value(*target, "application_name"), "me");
  EXPECT_EQ(parse_postgres_url("postgres://h/d?schema=public")->schema, "public");
}

TEST(PostgresUrl, WhatIsShownHoldsNoSecret) {
  const auto target = parse_postgres_url("postgres://ann:hunter2@db/app?schema=s&sslpassword=hunter3");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->shown(), "postgres://db:5432/app?schema=s");
}

TEST(PostgresUrl, WrongOnesAreRefusedWithoutRepeatingThem) {
  for (const char* wrong : {"mysql://u:hunter2@h/d", "postgres://u:hunter2@[::1/d",
                            "postgres://u:hunter2@h/d?x=1", "postgres://u:hunter2%@h/d", ""}) {
    const auto target = parse_postgres_url(wrong);
    ASSERT_FALSE(target) << wrong;
    EXPECT_EQ(target.error().kind, ErrorKind::invalid);
    EXPECT_FALSE(target.error().message.contains("hunter2"));
  }
}

}  // namespace
}  // namespace belfry::store
