#include "server/testing.h"

#include <gtest/gtest.h>

namespace belfry::testing {
namespace {

TEST(TestKit, AServerAndClientsTalk) {
  const TestServer server;
  const Answer group = server.call("POST", "/v1/groups", server.token("1"), {{"name", "Walks"}});
  ASSERT_EQ(group.status, 201);
  const std::string id = group.json.at("id");
  ASSERT_EQ(server.call("POST", "/v1/groups/" + id + "/members", server.token("1"), {{"userId", 2}}).status,
            201);
  TestClient ann(server, "/groups", server.token("1"));
  TestClient ben(server, "/groups", server.token("2"));
  const Value said = ann.emit_with_ack("sendMessage", {{"groupId", id}, {"text", "hi"}});
  EXPECT_EQ(said.at("success"), true);
  EXPECT_EQ(ben.wait_for("newMessage"), said.at("message"));
  EXPECT_EQ(ben.emit_with_ack("sendMessage", {{"groupId", "x"}, {"text", "hi"}}).at("error"),
            "Not a group member");
}

TEST(TestKit, ARefusalIsThrown) {
  const TestServer server;
  try {
    const TestClient stranger(server, "/care", "no token");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "Invalid token");
  }
  EXPECT_EQ(server.call("GET", "/v1/stats", server.token("ann")).status, 403);
}

}  // namespace
}  // namespace belfry::testing
