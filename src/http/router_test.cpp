#include "http/router.h"

#include <gtest/gtest.h>

namespace belfry::http {
namespace {

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    // The least specific ones first, which must not matter.
    router_.add("GET", "/*", "all");
    router_.add("GET", "/files/*", "files");
    router_.add("GET", "/rooms/{room}", "room");
    router_.add("DELETE", "/rooms/{room}", "delete");
    router_.add("GET", "/rooms/{room}/members/{id}", "member");
    router_.add("POST", "/rooms", "create");
    router_.add("GET", "/rooms/new", "new");
    router_.add("GET", "/", "root");
  }

  std::string find(std::string_view method, std::string_view path) {
    const auto match = router_.find(method, path);
    if (!match.handler) return match.allow.empty() ? "404" : "405 " + match.allow;
    std::string out = *match.handler;
    for (const auto& [name, value] : match.parameters) out += " " + name + "=" + value;
    return out;
  }

  Router<std::string> router_;
};

TEST_F(RouterTest, FindsTheMostSpecificRoute) {
  EXPECT_EQ(find("GET", "/"), "root");
  EXPECT_EQ(find("GET", "/rooms/new"), "new");
  EXPECT_EQ(find("GET", "/rooms/12"), "room room=12");
  EXPECT_EQ(find("GET", "/rooms/1/members/2"), "member room=1 id=2");
  EXPECT_EQ(find("GET", "/files/a/b"), "files *=a/b");
  EXPECT_EQ(find("GET", "/files/"), "files *=");
  EXPECT_EQ(find("GET", "/files"), "files *=");
  EXPECT_EQ(find("GET", "/filesystem"), "all *=filesystem");
}

TEST_F(RouterTest, FallsBackToALessSpecificRoute) {
  EXPECT_EQ(find("GET", "/rooms"), "all *=rooms") << "POST alone is at the exact path";
  EXPECT_EQ(find("GET", "/rooms/"), "all *=rooms/") << "a parameter is not empty";
  EXPECT_EQ(find("DELETE", "/rooms/new"), "delete room=new");
}

TEST_F(RouterTest, TellsOtherMethods) {
  EXPECT_EQ(find("PUT", "/rooms/1"), "405 GET, HEAD, DELETE");
  EXPECT_EQ(find("PUT", "/rooms"), "405 POST, GET, HEAD");
  EXPECT_EQ(find("get", "/"), "405 GET, HEAD");
  Router<int> empty;
  EXPECT_EQ(empty.find("GET", "/").handler, nullptr);
  EXPECT_EQ(empty.find("GET", "/").allow, "");
  EXPECT_EQ(find("GET", "rooms"), "404");
  EXPECT_EQ(find("GET", ""), "404");
}

TEST_F(RouterTest, ServesHeadByGet) {
  EXPECT_EQ(find("HEAD", "/rooms/1"), "room room=1");
}

TEST_F(RouterTest, DecodesParameters) {
  EXPECT_EQ(find("GET", "/rooms/a%2Fb%20c+d"), "room room=a/b c+d");
  EXPECT_EQ(find("GET", "/r%6Foms/x"), "room room=x");
  EXPECT_EQ(find("GET", "/rooms/%zz"), "room room=%zz");
  EXPECT_EQ(router_.find("GET", "/rooms/1/members/2").parameter("id"), "2");
  EXPECT_EQ(router_.find("GET", "/rooms/1/members/2").parameter("x"), "");
}

}  // namespace
}  // namespace belfry::http
