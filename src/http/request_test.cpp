#include "http/request.h"

#include <gtest/gtest.h>

namespace belfry::http {
namespace {

TEST(Request, CutsTheTarget) {
  struct Case {
    std::string target;
    std::string_view path;
    std::string_view query;
  };
  const Case cases[] = {{"/a/b?c=d?e", "/a/b", "c=d?e"},
                        {"/a", "/a", ""},
                        {"/?", "/", ""},
                        {"/a#b?c", "/a", "c"},
                        {"/a?b#c", "/a", "b"},
                        {"?a", "/", "a"},
                        {"http://host:1/a?b", "/a", "b"},
                        {"http://host", "/", ""},
                        {"http://host?b", "/", "b"},
                        {"/a?u=http://x/y", "/a", "u=http://x/y"},
                        {"*", "*", ""}};
  for (const auto& [target, path, query] : cases) {
    const Request request{.target = target};
    EXPECT_EQ(request.path(), path) << target;
    EXPECT_EQ(request.query(), query) << target;
  }
}

bool upgrades(std::string_view connection, std::string_view upgrade) {
  Request request;
  request.headers.add("Connection", connection);
  request.headers.add("Upgrade", upgrade);
  return request.upgrade();
}

TEST(Request, KnowsTheServersOrigin) {
  Request request;
  request.headers.add("host", "chat.example.org:8443");
  EXPECT_EQ(request.own_origin(), "http://chat.example.org:8443");
  request.secure = true;
  EXPECT_EQ(request.own_origin(), "https://chat.example.org:8443");
}

TEST(Request, KnowsAnUpgrade) {
  EXPECT_TRUE(upgrades("Upgrade", "websocket"));
  EXPECT_TRUE(upgrades("keep-alive,\tUPGRADE ", "h2c, WebSocket"));
  EXPECT_FALSE(upgrades("keep-alive", "websocket"));
  EXPECT_FALSE(upgrades("Upgrade", "h2c"));
  EXPECT_FALSE(upgrades("Upgraded", "websocket"));
  EXPECT_FALSE(upgrades("Upgrade", "websocket2"));
  EXPECT_FALSE(Request{}.upgrade());
}

TEST(Headers, ReadLists) {
  EXPECT_TRUE(list_has_token("a, B ,c", "b"));
  EXPECT_TRUE(list_has_token(",,b", "B"));
  EXPECT_FALSE(list_has_token("", "b"));
  EXPECT_FALSE(list_has_token("ab", "b"));
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_EQ(trim(" \t"), "");
}

}  // namespace
}  // namespace belfry::http
