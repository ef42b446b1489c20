#include "belfry/describe.h"

#include <gtest/gtest.h>

namespace belfry {

namespace {

struct Place {
  std::string street;
  std::optional<int> floor;
  bool operator==(const Place&) const = default;
};
constexpr auto describe(Type<Place>) {
  return fields(field("street", &Place::street), field("floor", &Place::floor));
}

struct Order {
  std::string item;
  std::uint8_t count = 0;
  double price = 0;
  bool gift = false;
  Binary picture;
  std::vector<Place> stops;
  std::map<std::string, int> sizes;
  Value more;
  std::optional<std::string> note;
  bool operator==(const Order&) const = default;
};
constexpr auto describe(Type<Order>) {
  return fields(field("item", &Order::item), field("count", &Order::count), field("price", &Order::price),
                field("gift", &Order::gift), field("picture", &Order::picture), field("stops", &Order::stops),
                field("sizes", &Order::sizes), field("more", &Order::more), field("note", &Order::note));
}

Value good() {
  return {{"item", "bell"},
          {"count", 3},
          {"price", 9.5},
          {"gift", true},
          {"picture", Value::binary({1, 2, 3})},
          {"stops", {{{"street", "Main"}, {"floor", 4}}, {{"street", "Side"}, {"floor", nullptr}}}},
          {"sizes", {{"s", 1}, {"m", 2}}},
          {"more", {{"any", {1, "x", nullptr}}}},
          {"unknown", "is ignored"}};
}

// The error of `good` with one thing changed at a JSON pointer.
std::string error_with(const char* place, const Value& wrong) {
  Value value = good();
  value[Value::json_pointer(place)] = wrong;
  const auto order = from_value<Order>(value);
  if (order) return "none";
  EXPECT_EQ(order.error().kind, ErrorKind::invalid);
  return order.error().text();
}

}  // namespace

TEST(Describe, ReadsEveryKindOfField) {
  const auto order = from_value<Order>(good());
  ASSERT_TRUE(order) << order.error().text();
  const Order expected{.item = "bell",
                       .count = 3,
                       .price = 9.5,
                       .gift = true,
                       .picture = Binary({1, 2, 3}),
                       .stops = {{"Main", 4}, {"Side", std::nullopt}},
                       .sizes = {{"m", 2}, {"s", 1}},
                       .more = {{"any", {1, "x", nullptr}}},
                       .note = std::nullopt};
  EXPECT_EQ(*order, expected);
}

TEST(Describe, ErrorsNameTheFieldAndWhatIsWrong) {
  EXPECT_EQ(error_with("/item", 1), "item: must be a string");
  EXPECT_EQ(error_with("/item", nullptr), "item: is required");
  EXPECT_EQ(error_with("/count", "3"), "count: must be an integer");
  EXPECT_EQ(error_with("/count", 3.5), "count: must be an integer");
  EXPECT_EQ(error_with("/count", 256), "count: must be an integer in range");
  EXPECT_EQ(error_with("/count", -1), "count: must be an integer in range");
  EXPECT_EQ(error_with("/price", "9"), "price: must be a number");
  EXPECT_EQ(error_with("/gift", 1), "gift: must be a boolean");
  EXPECT_EQ(error_with("/picture", "AQID"), "picture: must be binary data");
  EXPECT_EQ(error_with("/stops", Value::object()), "stops: must be an array");
  EXPECT_EQ(error_with("/stops/1", 7), "stops.1: must be an object");
  EXPECT_EQ(error_with("/stops/1/street", true), "stops.1.street: must be a string");
  EXPECT_EQ(error_with("/stops/0/floor", "high"), "stops.0.floor: must be an integer");
  EXPECT_EQ(error_with("/sizes/s", "small"), "sizes.s: must be an integer");
  EXPECT_EQ(error_with("/note", 5), "note: must be a string");
}

TEST(Describe, WhatIsNoObjectIsNamedPayload) {
  for (const Value& value : {Value(nullptr), Value(1), Value("x"), Value::array({1})}) {
    const auto order = from_value<Order>(value);
    ASSERT_FALSE(order);
    EXPECT_EQ(order.error().text(), "payload: must be an object");
  }
}

TEST(Describe, JavaScriptsWholeNumbersAreIntegers) {
  EXPECT_EQ(from_value<int>(3.0), 3);
  EXPECT_EQ(from_value<std::int64_t>(-9007199254740992.0), -9007199254740992);
  EXPECT_EQ(from_value<std::uint64_t>(std::numeric_limits<std::uint64_t>::max()),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_FALSE(from_value<std::int64_t>(1e300));
  EXPECT_FALSE(from_value<std::int64_t>(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(from_value<int>(std::int64_t{1} << 40));
}

TEST(Describe, WritesBackWhatItRead) {
  Value expected = good();
  expected.erase("unknown");
  expected["stops"][1].erase("floor");
  EXPECT_EQ(to_value(*from_value<Order>(good())), expected);
}

}  // namespace belfry
