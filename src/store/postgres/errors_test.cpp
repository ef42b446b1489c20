#include "store/postgres/errors.h"

#include <gtest/gtest.h>

namespace belfry::store {
namespace {

TEST(PostgresErrors, EveryCodeHasOneMeaning) {
  const auto kind = [](std::string_view state) { return error_of_sqlstate(state).kind; };
  for (const char* state : {"23505", "23503"}) EXPECT_EQ(kind(state), ErrorKind::conflict) << state;
  for (const char* state : {"22001", "54000"}) EXPECT_EQ(kind(state), ErrorKind::too_large) << state;
  EXPECT_EQ(kind("22021"), ErrorKind::invalid);
  for (const char* state : {"08006", "53100", "53300", "57014", "57P01", "57P03", "58030", "XX001", "25006",
                            "25P03", "40001", "40P01", "55P03"}) {
    EXPECT_EQ(kind(state), ErrorKind::unavailable) << state;
  }
  for (const char* state : {"", "42601", "42P01", "22P02", "XX000", "23502"}) {
    EXPECT_EQ(kind(state), ErrorKind::internal) << state;
  }
}

TEST(PostgresErrors, OnlyWhatGaveWayToOthersIsDoneAgain) {
  for (const char* state : {"40001", "40P01", "55P03"}) EXPECT_TRUE(is_to_be_done_again(state)) << state;
  for (const char* state : {"", "57014", "23505", "40002"}) EXPECT_FALSE(is_to_be_done_again(state)) << state;
}

}  // namespace
}  // namespace belfry::store
