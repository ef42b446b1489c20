#include "apps/common/json.h"

#include <gtest/gtest.h>

namespace belfry::apps {
namespace {

TEST(ParseJson, ReadsADocument) {
  EXPECT_EQ(parse_json(R"( {"a": [1, null]} )"), (Value{{"a", {1, nullptr}}}));
}

TEST(ParseJson, RefusesWhatIsNoDocumentToTheLetter) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv, "{"sv, "{} {}"sv, "{}\0"sv, "{}\0 and more"sv, "[\"\0\"]"sv}) {
    const auto read = parse_json(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::malformed);
  }
}

TEST(ParseJson, NestingHasABound) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(256)));
  EXPECT_FALSE(parse_json(nested(257)));
  EXPECT_FALSE(parse_json(nested(100'000)));
}

}  // namespace
}  // namespace belfry::apps
