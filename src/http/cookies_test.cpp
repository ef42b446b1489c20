#include "http/cookies.h"

#include <gtest/gtest.h>

namespace belfry::http {
namespace {

TEST(Cookies, AreRead) {
  const std::string_view header = "a=1; session=abc=def;b=\"quoted\" ; session=second; =x; flag";
  EXPECT_EQ(cookie_value(header, "a"), "1");
  EXPECT_EQ(cookie_value(header, "session"), "abc=def");
  EXPECT_EQ(cookie_value(header, "b"), "quoted");
  for (const auto* name : {"A", "flag", "sess", "c"})
    EXPECT_EQ(cookie_value(header, name), std::nullopt) << name;
  EXPECT_EQ(cookie_value("", "a"), std::nullopt);
  EXPECT_EQ(cookie_value("a=\"", "a"), "\"");
}

TEST(Cookies, AreSet) {
  EXPECT_EQ(set_cookie("session", "abc", {}), "session=abc; Path=/; HttpOnly; Secure; SameSite=Lax");
  EXPECT_EQ(set_cookie("s", "",
                       {.path = "/api",
                        .max_age = std::chrono::seconds(0),
                        .same_site = SameSite::strict,
                        .http_only = false,
                        .secure = false}),
            "s=; Path=/api; Max-Age=0; SameSite=Strict");
  EXPECT_EQ(set_cookie("s", "v", {.same_site = SameSite::none}),
            "s=v; Path=/; HttpOnly; Secure; SameSite=None");
}

TEST(Cookies, CannotBreakOutOfTheirField) {
  for (const auto* bad : {"a;b", "a b", "a\r\nb", "a,b", "a\"b", "é"}) {
    EXPECT_EQ(set_cookie("s", bad, {}), std::nullopt) << bad;
    EXPECT_EQ(set_cookie(bad, "v", {}), std::nullopt) << bad;
  }
  EXPECT_EQ(set_cookie("", "v", {}), std::nullopt);
  EXPECT_EQ(set_cookie("a=b", "v", {}), std::nullopt);
  EXPECT_EQ(set_cookie("s", "v", {.path = "/; Domain=x"}), std::nullopt);
}

}  // namespace
}  // namespace belfry::http
