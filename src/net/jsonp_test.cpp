#include "net/jsonp.h"

#include <gtest/gtest.h>

namespace belfry::net {
namespace {

http::Request request(std::string target) {
  return {.method = "GET", .target = std::move(target)};
}

TEST(Jsonp, TheIndexIsDigitsAlone) {
  EXPECT_EQ(jsonp_index(request("/socket.io/?EIO=3&j=12")), "12");
  EXPECT_EQ(jsonp_index(request("/socket.io/?j=1%5D=alert(2)//")), "12");
  EXPECT_EQ(jsonp_index(request("/socket.io/?EIO=3")), std::nullopt);
}

TEST(Jsonp, ThePayloadIsAScript) {
  EXPECT_EQ(to_jsonp("3", "4:4\"\\\xe2\x80\xa8"), R"(___eio[3]("4:4\"\\\u2028");)");
}

TEST(Jsonp, AFormHoldsThePayload) {
  EXPECT_EQ(from_jsonp("d=3%3A4a%2Bb+c"), "3:4a+b c");
  EXPECT_EQ(from_jsonp("d=a%5Cnb"), "a\nb");
  EXPECT_EQ(from_jsonp("d=a%5C%5Cnb"), "a\\nb");
  EXPECT_EQ(from_jsonp("d=a%5C%5C%5Cnb%5C"), "a\\\\nb\\");
  EXPECT_EQ(from_jsonp("x=1"), "");
}

}  // namespace
}  // namespace belfry::net
