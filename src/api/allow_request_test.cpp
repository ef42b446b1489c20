// Who may begin a connection: the application is asked, and answers when it likes.
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

#include "api/testing.h"
#include "belfry/server.h"

namespace belfry {

namespace {

using testing::body_of;
using testing::RawClient;

constexpr std::chrono::seconds kLimit{10};
constexpr const char* kPolling = "/socket.io/?EIO=4&transport=polling";
constexpr const char* kWebSocket =
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

// A text frame of a client, masked with zeros.
std::string frame(std::string_view text) {
  return std::string("\x81").append(1, static_cast<char>(0x80 | text.size())).append(4, '\0').append(text);
}

bool is_open(const std::string& answer) {
  return body_of(answer).starts_with("0{");
}

// Reads until `text` has come; whether it has.
bool reads(RawClient& client, std::string_view text) {
  std::string all;
  while (all.find(text) == std::string::npos) {
    const std::string more = client.read();
    if (more.empty()) return false;
    all += more;
  }
  return true;
}

ServerOptions one_thread() {
  ServerOptions options;
  options.threads = 1;
  return options;
}

// A server whose handler keeps what it is asked, for the test to answer.
struct Asked {
  explicit Asked(std::chrono::milliseconds timeout = kLimit) : server(one_thread()) {
    server.allow_request(
        [this](const HttpRequest& request, const AllowReply& reply) { asked.set_value({request, reply}); },
        timeout);
    EXPECT_TRUE(server.listen("127.0.0.1", 0));
  }
  std::pair<HttpRequest, AllowReply> next() {
    auto future = asked.get_future();
    if (future.wait_for(kLimit) != std::future_status::ready) throw std::runtime_error("nobody asked");
    auto got = future.get();
    asked = {};
    return got;
  }

  std::promise<std::pair<HttpRequest, AllowReply>> asked;
  Server server;
};

}  // namespace

TEST(AllowRequest, ARefusedPollIsAnswered403AndTheConnectionGoesOn) {
  Server server;
  server.allow_request([](const HttpRequest& request, const AllowReply& reply) {
    request.query_value("token") == "right" ? reply.allow() : reply.refuse("no \"token\"");
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  const std::string refused = client.request("GET", kPolling);
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 403 ")) << refused;
  EXPECT_NE(refused.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_EQ(body_of(refused), R"({"code":4,"message":"no \"token\""})");
  EXPECT_TRUE(is_open(client.request("GET", std::string(kPolling) + "&token=right")));
  EXPECT_EQ(server.stats().refused["forbidden"], 1);
}

TEST(AllowRequest, ARefusedWebSocketGets403InsteadOfTheUpgrade) {
  Server server;
  server.allow_request([](const HttpRequest&, const AllowReply& reply) { reply.refuse(""); });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  ASSERT_TRUE(client.write(kWebSocket + frame("40")));
  const std::string refused = client.answer();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 403 ")) << refused;
  EXPECT_EQ(body_of(refused), R"({"code":4,"message":"Forbidden"})");
  EXPECT_TRUE(client.ends());
}

TEST(AllowRequest, WhatFollowsAPollWaitsForTheAnswerFromAnyThread) {
  Asked asked;
  RawClient client(asked.server.port());
  ASSERT_TRUE(client.write("GET " + std::string(kPolling) +
                           "&a=b HTTP/1.1\r\nHost: x\r\nCookie: c=d\r\n\r\n" +
                           "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto [request, reply] = asked.next();
  EXPECT_EQ(request.query_value("a"), "b");
  EXPECT_EQ(request.header("cookie"), "c=d");
  EXPECT_EQ(request.address, "127.0.0.1");
  std::thread([&reply = reply] {
    reply.allow();
    reply.refuse();
  }).join();
  EXPECT_TRUE(is_open(client.answer()));
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 404 "));
}

TEST(AllowRequest, FramesBehindAWebSocketHandshakeWaitForTheAnswer) {
  Asked asked;
  RawClient client(asked.server.port());
  ASSERT_TRUE(client.write(kWebSocket + frame("40")));
  asked.next().second.allow();
  EXPECT_TRUE(reads(client, "40{\"sid\""));
}

TEST(AllowRequest, WhatBelongsToASessionIsNotAsked) {
  Asked asked;
  RawClient client(asked.server.port());
  ASSERT_TRUE(client.write("GET " + std::string(kPolling) + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  asked.next().second.allow();
  const std::string open = body_of(client.answer());
  const auto at = open.find("\"sid\":\"") + 7;
  const std::string session = std::string(kPolling) + "&sid=" + open.substr(at, open.find('"', at) - at);
  EXPECT_EQ(body_of(client.request("POST", session, "40")), "ok");
  EXPECT_TRUE(body_of(client.request("GET", session)).starts_with("40{"));
}

TEST(AllowRequest, NobodyWhoIsNotAnsweredIsLetIn) {
  Asked asked(std::chrono::milliseconds(50));
  RawClient client(asked.server.port());
  EXPECT_TRUE(client.request("GET", kPolling).starts_with("HTTP/1.1 403 "));
  const AllowReply late = asked.next().second;
  ASSERT_TRUE(client.write("GET " + std::string(kPolling) + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  late.allow();  // answers the first request, not the one that waits now
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 403 "));
}

TEST(AllowRequest, AHandlerThatThrowsOrForgetsRefuses) {
  Server server;
  server.allow_request([](const HttpRequest& request, const AllowReply&) {
    if (request.query_value("throw")) throw std::runtime_error("a defect");
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  EXPECT_TRUE(client.request("GET", kPolling).starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(client.request("GET", std::string(kPolling) + "&throw=1").starts_with("HTTP/1.1 403 "));
}

TEST(AllowRequest, AClientThatHasGoneIsForgotten) {
  Asked asked;
  {
    RawClient gone(asked.server.port());
    ASSERT_TRUE(gone.write(kWebSocket));
    const AllowReply reply = asked.next().second;
    gone.shut();
    RawClient other(asked.server.port());
    EXPECT_TRUE(other.request("GET", "/nowhere").starts_with("HTTP/1.1 404 "));
    reply.allow();
  }
  RawClient client(asked.server.port());
  ASSERT_TRUE(client.write(kWebSocket));
  asked.next().second.allow();
  EXPECT_TRUE(reads(client, "0{\"sid\""));
  EXPECT_EQ(asked.server.stats().opened, 1);
}

TEST(AllowRequest, AServerThatStopsRefusesWhoWaits) {
  Asked asked;
  RawClient client(asked.server.port());
  ASSERT_TRUE(client.write("GET " + std::string(kPolling) + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  const AllowReply reply = asked.next().second;
  asked.server.stop(kLimit);
  reply.allow();
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 503 "));
}

}  // namespace belfry
