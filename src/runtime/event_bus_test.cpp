#include "runtime/event_bus.h"

#include <gtest/gtest.h>

#include <string>

namespace belfry::runtime {

namespace {

struct Rang : Event {
  explicit Rang(int given) : times(given) {}
  int times;
};
struct RangTwice : Rang {
  RangTwice() : Rang(2) {}
};

}  // namespace

TEST(EventBus, TellsWhoeverWantsExactlyThatTypeInOrder) {
  EventBus bus;
  std::string told;
  bus.subscribe<Rang>([&](const auto& event) { told += "a" + std::to_string(event->times); });
  bus.subscribe<RangTwice>([&](const auto&) { told += "x"; });
  bus.subscribe<Rang>([&](const auto&) { told += "b"; });
  bus.publish(std::make_shared<Rang>(7));
  EXPECT_EQ(told, "a7b");
  bus.publish(std::make_shared<RangTwice>());
  EXPECT_EQ(told, "a7bx");
}

TEST(EventBus, WhatNobodyWantsIsNothing) {
  EventBus bus;
  bus.publish(std::make_shared<Rang>(1));
}

}  // namespace belfry::runtime
