// Bounds of a server, and how it ends: what no client needs to be unkind for.
#include <gtest/gtest.h>

#include <future>
#include <regex>

#include "api/testing.h"
#include "belfry/server.h"

namespace belfry {

namespace {

using testing::body_of;
using testing::RawClient;

constexpr std::chrono::seconds kLimit{10};
constexpr const char* kPolling = "/socket.io/?EIO=4&transport=polling";

bool is_open(const std::string& answer) {
  return body_of(answer).starts_with("0{");
}

std::string sid_of(const std::string& answer) {
  const auto begin = answer.find("\"sid\":\"") + 7;
  return answer.substr(begin, answer.find('"', begin) - begin);
}

}  // namespace

TEST(Limits, PastMaxConnectionsHandshakesGet503UntilOneLeaves) {
  ServerOptions options;
  options.threads = 2;
  options.max_connections = 2;
  Server server(options);
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient first(server.port());
  RawClient second(server.port());
  const std::string session = sid_of(first.request("GET", kPolling));
  EXPECT_TRUE(is_open(second.request("GET", kPolling)));
  RawClient third(server.port());
  EXPECT_TRUE(third.request("GET", kPolling).starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(body_of(first.request("POST", std::string(kPolling) + "&sid=" + session, "1")), "ok");
  EXPECT_TRUE(is_open(third.request("GET", kPolling)));
}

TEST(Limits, ASessionIsServedOverAnyConnectionWhicheverShardHasIt) {
  ServerOptions options;
  options.threads = 4;
  Server server(options);
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient opener(server.port());
  const std::string session = std::string(kPolling) + "&sid=" + sid_of(opener.request("GET", kPolling));
  for (int i = 0; i < 40; ++i) {
    RawClient other(server.port());
    EXPECT_EQ(body_of(other.request("POST", session, "3")), "ok");
    EXPECT_EQ(body_of(other.request("POST", session, "3")), "ok")
        << "the connection lives on where it has moved to";
  }
}

TEST(Limits, StoppingEndsASilentConnectionAfterTheDrain) {
  Server server;
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient silent(server.port());
  ASSERT_TRUE(silent.write("GET / HTTP/1.1\r\nHo"));
  server.stop(std::chrono::milliseconds(50));
  EXPECT_EQ(silent.read(), "");
  RawClient late(server.port());
  EXPECT_FALSE(late.write("GET / HTTP/1.1\r\n\r\n"));
}

TEST(Limits, AnAnswerMayComeFromAnyThreadOnceAndTooLate) {
  Server server;
  std::promise<HttpReply> asked;
  server.route("GET", "/later",
               [&asked](const HttpRequest&, const HttpReply& reply) { asked.set_value(reply); });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  ASSERT_TRUE(client.write("GET /later HTTP/1.1\r\nHost: test\r\n\r\n"));
  auto future = asked.get_future();
  ASSERT_EQ(future.wait_for(kLimit), std::future_status::ready);
  {
    const HttpReply reply = future.get();
    reply(HttpResponse::text(200, "first"));
    reply(HttpResponse::text(200, "second"));
    EXPECT_EQ(body_of(client.answer()), "first");
    EXPECT_TRUE(client.request("GET", "/nowhere").starts_with("HTTP/1.1 404 "));
    client.shut();
    reply(HttpResponse::text(200, "to nobody"));
  }
}

TEST(Limits, ANamespaceWithALongNameIsInvalidAndNoPatternIsAsked) {
  Server server;
  server.of(std::regex("/room-\\w+"));
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  const std::string session = std::string(kPolling) + "&sid=" + sid_of(client.request("GET", kPolling));
  const std::string name = "/room-" + std::string(900'000, 'a') + ",";
  EXPECT_EQ(body_of(client.request("POST", session, "40" + name)), "ok");
  EXPECT_EQ(body_of(client.request("GET", session)), "44" + name + R"({"message":"Invalid namespace"})");
  EXPECT_EQ(server.stats().limited.at("unknown namespace"), 1);
}

// One thread reads requests one after the other; what a handler of one changes must not be read by the next.
TEST(Limits, RequestsBehindAnAnswerThatComesInAHandlerWaitForTheirTurn) {
  ServerOptions options;
  options.threads = 1;
  Server server(options);
  std::promise<HttpReply> asked;
  auto later = asked.get_future().share();
  std::promise<std::string> seen;
  server.route("GET", "/later", [&](const HttpRequest&, const HttpReply& reply) { asked.set_value(reply); });
  server.of("/").on("go", [&](Socket&, const Args& args, const Ack&) {
    later.get()(HttpResponse::text(200, "now"));
    seen.set_value(args.at(0).dump());
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient mine(server.port());
  RawClient other(server.port());
  RawClient pipelining(server.port());
  const auto open = [](RawClient& client) {
    const std::string target = std::string(kPolling) + "&sid=" + sid_of(client.request("GET", kPolling));
    EXPECT_EQ(body_of(client.request("POST", target, "40")), "ok");
    return target;
  };
  const std::string target = open(mine);
  const std::string body = R"(42["other","not yours"])";
  ASSERT_TRUE(pipelining.write("GET /later HTTP/1.1\r\nHost: x\r\n\r\nPOST " + open(other) +
                               " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                               "\r\n\r\n" + body));
  later.wait();
  EXPECT_EQ(body_of(mine.request("POST", target, R"(42["go","mine"])")), "ok");
  EXPECT_EQ(seen.get_future().get(), R"("mine")");
  EXPECT_EQ(body_of(pipelining.answer()), "now");
  EXPECT_EQ(body_of(pipelining.answer()), "ok");
}

}  // namespace belfry
