#include "core/event_forms.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace belfry {

namespace {

struct Rang : Event {
  std::string tower;
  std::int64_t times = 0;
  std::optional<std::string> by;
};
constexpr auto describe(Type<Rang>) {
  return fields(field("tower", &Rang::tower), field("times", &Rang::times), field("by", &Rang::by));
}
struct Swung : LocalEvent {};
struct Fell : Event {};
constexpr auto describe(Type<Fell>) {
  return fields();  // that it happened is all
}

EventForms forms() {
  EventForms all;
  all.add<Rang>("tower.rang");
  return all;
}

ErrorKind failure(std::string_view type, std::string_view data) {
  const auto read = forms().read(type, data);
  EXPECT_FALSE(read) << data;
  return read ? ErrorKind::internal : read.error().kind;
}

}  // namespace

TEST(EventForms, AreReadAsTheyWereWritten) {
  Rang rang;
  rang.tower = std::string("St. \"Mary\"\n\0", 12);
  rang.times = INT64_MAX;
  const auto text = forms().write(rang);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->type, "tower.rang");
  EXPECT_EQ(text->data.find('\0'), std::string::npos) << "no database keeps it";
  const auto read = forms().read(text->type, text->data);
  ASSERT_TRUE(read);
  const auto again = std::dynamic_pointer_cast<const Rang>(*read);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->tower, rang.tower);
  EXPECT_EQ(again->times, rang.times);
  EXPECT_FALSE(again->by);
}

TEST(EventForms, ThoseWithoutOneStayLocal) {
  EXPECT_FALSE(forms().write(Swung()));
  EXPECT_FALSE(forms().write(Fell()));
}

TEST(EventForms, KeepTextThatIsNoUtf8Readable) {
  Rang rang;
  rang.tower = "\xFF";
  const auto text = forms().write(rang);
  ASSERT_TRUE(text);
  EXPECT_TRUE(forms().read(text->type, text->data));
}

TEST(EventForms, RefuseWhatAnotherVersionMayHaveWritten) {
  EXPECT_EQ(failure("tower.fell", "{}"), ErrorKind::not_found);
  EXPECT_EQ(failure("tower.rang", ""), ErrorKind::malformed);
  EXPECT_EQ(failure("tower.rang", R"({"tower": "x", )"), ErrorKind::malformed);
  EXPECT_EQ(failure("tower.rang", "[]"), ErrorKind::invalid);
  EXPECT_EQ(failure("tower.rang", R"({"tower": "x"})"), ErrorKind::invalid);
  EXPECT_EQ(failure("tower.rang", R"({"tower": 1, "times": 1})"), ErrorKind::invalid);
  EXPECT_TRUE(forms().read("tower.rang", R"({"tower": "x", "times": 1, "louder": true})"));
}

TEST(EventForms, HaveOneNameEach) {
  EventForms all = forms();
  EXPECT_THROW(all.add<Rang>("tower.rang.again"), std::logic_error);
  EXPECT_THROW(all.add<Fell>("tower.rang"), std::logic_error);
}

}  // namespace belfry
