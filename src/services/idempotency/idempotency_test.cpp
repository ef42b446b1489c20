#include "services/idempotency/idempotency.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace belfry::idempotency {
namespace {

using store::Transaction;
using store::testing::TempStore;
using store::testing::write;

constexpr WallMs kNow = 1'000'000'000;
constexpr WallMs kDay = std::chrono::milliseconds(kLifetime).count();

using Answer = Result<std::optional<std::string>>;

// What a handler does: claims, works, records.
Answer ask(TempStore& store, const Request& request, WallMs now, const std::string& fresh) {
  return write(*store, [=](Transaction& tx) -> Answer {
    auto known = claim(tx, request, now);
    if (!known || *known) return known;
    if (auto done = record(tx, request, fresh); !done) return std::unexpected(done.error());
    return std::nullopt;
  });
}

TEST(Idempotency, TheFirstAnswerStands) {
  TempStore store;
  EXPECT_EQ(ask(store, {"anna", "k", "d"}, kNow, "one"), Answer(std::nullopt));
  EXPECT_EQ(ask(store, {"anna", "k", "d"}, kNow + 1, "two"), Answer("one"));
  EXPECT_EQ(ask(store, {"anna", "k", "d"}, kNow + kDay - 1, "two"), Answer("one"));
}

TEST(Idempotency, KeysAreEachCallersOwn) {
  TempStore store;
  EXPECT_EQ(ask(store, {"anna", "k", "d"}, kNow, "one"), Answer(std::nullopt));
  EXPECT_EQ(ask(store, {"ben", "k", "d"}, kNow, "two"), Answer(std::nullopt));
  EXPECT_EQ(ask(store, {"anna", "l", "d"}, kNow, "three"), Answer(std::nullopt));
}

TEST(Idempotency, AnotherRequestUnderTheKeyIsInvalid) {
  TempStore store;
  ASSERT_TRUE(ask(store, {"anna", "k", "d"}, kNow, "one"));
  const auto refused = ask(store, {"anna", "k", "other"}, kNow, "two");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_EQ(refused.error().field, "Idempotency-Key");
  EXPECT_EQ(ask(store, {"anna", "k", "d"}, kNow, "two"), Answer("one"));
}

TEST(Idempotency, AKeyIsForgottenAfterADay) {
  TempStore store;
  ASSERT_TRUE(ask(store, {"anna", "k", "d"}, kNow, "one"));
  EXPECT_EQ(ask(store, {"anna", "k", "other"}, kNow + kDay, "two"), Answer(std::nullopt));
}

TEST(Idempotency, AUnitThatFailsLeavesTheKeyFree) {
  TempStore store;
  const Request request{"anna", "k", "d"};
  const auto failed = write(*store, [=](Transaction& tx) -> Answer {
    if (auto claimed = claim(tx, request, kNow); !claimed) return claimed;
    return fail(ErrorKind::forbidden, "no");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(ask(store, request, kNow, "one"), Answer(std::nullopt));
}

}  // namespace
}  // namespace belfry::idempotency
