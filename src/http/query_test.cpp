#include "http/query.h"

#include <gtest/gtest.h>

namespace belfry::http {
namespace {

using namespace std::string_literals;
using Parameters = std::vector<std::pair<std::string, std::string>>;

TEST(Query, Decodes) {
  EXPECT_EQ(percent_decode("a%20b%2Fc%2f%c3%A9+"), "a b/c/é+");
  EXPECT_EQ(percent_decode("%00"), "\0"s);
  EXPECT_EQ(percent_decode("%252e"), "%2e") << "once";
}

TEST(Query, KeepsInvalidEscapes) {
  for (const auto* text : {"%", "%4", "%zz", "%4z", "100%", "a%%"}) EXPECT_EQ(percent_decode(text), text);
  EXPECT_EQ(percent_decode("%%41"), "%A");
}

TEST(Query, IsParsed) {
  EXPECT_EQ(parse_query("EIO=4&t=a%26b&name=J+D&flag&empty=&&=x&e=a=b&t=2"), (Parameters{{"EIO", "4"},
                                                                                         {"t", "a&b"},
                                                                                         {"name", "J D"},
                                                                                         {"flag", ""},
                                                                                         {"empty", ""},
                                                                                         {"", "x"},
                                                                                         {"e", "a=b"},
                                                                                         {"t", "2"}}));
  EXPECT_EQ(parse_query(""), Parameters{});
  EXPECT_EQ(parse_query("&=&"), Parameters{});
}

TEST(Query, GivesTheFirstValue) {
  EXPECT_EQ(query_value("a=1&sid=x%2By+z&sid=2", "sid"), "x+y z");
  EXPECT_EQ(query_value("s%69d=1", "sid"), "1");
  EXPECT_EQ(query_value("sid", "sid"), "");
  EXPECT_EQ(query_value("asid=1&sidb=2", "sid"), std::nullopt);
  EXPECT_EQ(query_value("", "sid"), std::nullopt);
}

}  // namespace
}  // namespace belfry::http
