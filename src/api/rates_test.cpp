// Clients that send too fast, or hold too much, through the library as its users have it.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>

#include "api/testing.h"
#include "belfry/server.h"

namespace belfry {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::body_of;
using testing::RawClient;

constexpr const char* kPolling = "/socket.io/?EIO=4&transport=polling";

/// A client over polling: each request is answered before the next.
class Client {
 public:
  explicit Client(Server& server, std::string_view connect = "40") : tcp_(server.port()) {
    const std::string answer = tcp_.request("GET", kPolling);
    const auto begin = answer.find("\"sid\":\"") + 7;
    target_ = std::string(kPolling) + "&sid=" + answer.substr(begin, answer.find('"', begin) - begin);
    post(connect);
    poll();
  }
  std::string post(std::string_view body) { return body_of(tcp_.request("POST", target_, body)); }
  std::string poll() { return body_of(tcp_.request("GET", target_)); }

 private:
  RawClient tcp_;
  std::string target_;
};

/// So many packets in one payload.
std::string payload(int count, const std::string& packet) {
  std::string body = packet;
  for (int i = 1; i < count; ++i) body += '\x1e' + packet;
  return body;
}

std::int64_t limited(const Server& server, const char* limit) {
  return server.stats().limited.at(limit);
}

}  // namespace

TEST(Rates, WhatComesTooFastWaitsIsNotLostAndIsTold) {
  ServerOptions options;
  options.per_connection.messages = {.per_second = 50, .burst = 60};
  Server server(options);
  std::vector<int> got;  // on the one socket's shard
  std::promise<void> last;
  server.of("/").on("n", [&](Socket&, const Args& args, const Ack&) {
    got.push_back(args.get<int>(0).value());
    if (got.back() == 99) last.set_value();
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  Client client(server);
  std::string body = "42[\"n\",0]";
  for (int i = 1; i < 100; ++i)
    body +=
        "\x1e"
        "42[\"n\"," +
        std::to_string(i) + "]";
  const auto begin = Clock::now();
  EXPECT_EQ(client.post(body), "ok");
  EXPECT_GE(Clock::now() - begin, 700ms) << "40 more than the burst, of which CONNECT is one";
  ASSERT_EQ(last.get_future().wait_for(10s), std::future_status::ready);
  EXPECT_TRUE(std::ranges::is_sorted(got));
  EXPECT_EQ(got.size(), 100U);
  EXPECT_NE(client.poll().find(R"(42["rate:warning",{"limit":"connection","retryAfterMs":)"),
            std::string::npos);
  EXPECT_EQ(limited(server, "rate warning"), 1);
  EXPECT_GE(limited(server, "throttled"), 1);
}

TEST(Rates, AClientThatNeverStopsIsClosedAsRateLimited) {
  ServerOptions options;
  options.per_connection.bytes = {.per_second = 1000, .burst = 1000};
  options.max_throttled = 200ms;
  Server server(options);
  std::promise<std::string> reason;
  server.of("/").on_disconnect([&](Socket&, std::string_view why) { reason.set_value(std::string(why)); });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  Client client(server);
  client.post(payload(100, "42[\"n\",\"" + std::string(100, 'x') + "\"]"));
  EXPECT_EQ(reason.get_future().get(), "rate limited");
  EXPECT_EQ(server.stats().closed.at("rate limited"), 1);
  EXPECT_EQ(limited(server, "throttled too long"), 1);
}

TEST(Rates, AnEventAndASocketHaveTheirOwn) {
  Server server;
  server.of("/").limit("often", {.per_second = 1000, .burst = 1000});
  server.of("/").limit("seldom", {.per_second = 10, .burst = 10});
  server.of("/small").limit({.messages = {.per_second = 10, .burst = 10}});
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  const auto time_of = [&](std::string_view connect, const std::string& packet) {
    Client client(server, connect);
    const auto begin = Clock::now();
    EXPECT_EQ(client.post(payload(15, packet)), "ok");
    const auto took = Clock::now() - begin;
    if (took > 400ms) {
      EXPECT_NE(client.poll().find("rate:warning"), std::string::npos);
    }
    return took;
  };
  EXPECT_GE(time_of("40", "42[\"seldom\"]"), 400ms);
  EXPECT_GE(time_of("40/small,", "42/small,[\"any\"]"), 400ms);
  EXPECT_EQ(limited(server, "rate warning"), 2);
  time_of("40", "42[\"often\"]");
  time_of("40", "42[\"any\"]");
  EXPECT_EQ(limited(server, "rate warning"), 2);
}

TEST(Rates, SeveralSocketsShareOne) {
  ServerOptions options;
  options.threads = 2;
  Server server(options);
  const auto shared = make_shared_limit({.messages = {.per_second = 20, .burst = 20}});
  server.of("/").on_connection([&](Socket& socket) { socket.limit_with(shared); });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  const auto begin = Clock::now();
  for (int i = 0; i < 3; ++i) {
    Client client(server);
    EXPECT_EQ(client.post(payload(12, "42[\"n\"]")), "ok");
  }
  EXPECT_GE(Clock::now() - begin, 600ms) << "36 events, 20 at once";
}

TEST(Rates, PastItsRoomsAJoinSaysSoAndDoesNothing) {
  ServerOptions options;
  options.max_rooms_per_socket = 2;
  options.max_room_name_bytes = 8;
  Server server(options);
  std::promise<std::vector<bool>> joined;
  std::promise<std::size_t> rooms;
  server.of("/").on_connection([&](Socket& socket) {
    std::vector<bool> all;
    for (const char* room : {"a", "a long name", "b", "c", "a"}) all.push_back(socket.join(room));
    rooms.set_value(socket.rooms().size());
    joined.set_value(std::move(all));
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  Client client(server);
  EXPECT_EQ(joined.get_future().get(), (std::vector<bool>{true, false, true, false, true}));
  EXPECT_EQ(rooms.get_future().get(), 3U) << "its own among them";
  EXPECT_EQ(limited(server, "rooms"), 1);
  EXPECT_EQ(limited(server, "room name"), 1);
}

TEST(Rates, PastWhatItOwesNoMoreAcknowledgementsAreAsked) {
  ServerOptions options;
  options.max_pending_acks = 2;
  Server server(options);
  std::promise<std::vector<std::string>> outcomes;
  server.of("/").on("ask", [&](Socket& socket, const Args&, const Ack&) {
    const auto all = std::make_shared<std::vector<std::string>>();
    for (int i = 0; i < 3; ++i) {
      const auto done = [all](const AckResult& result) {
        all->push_back(result ? "answer" : result.error().message);
      };
      socket.emit_with_ack(60s, done, "question");
    }
    outcomes.set_value(*all);
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  Client client(server);
  client.post("42[\"ask\"]");
  EXPECT_EQ(outcomes.get_future().get(),
            std::vector<std::string>{"the socket owes too many acknowledgements"});
  EXPECT_EQ(limited(server, "pending acknowledgements"), 1);
}

TEST(Rates, WhoPassesABoundThatEndsItIsCountedUnderIt) {
  ServerOptions options;
  options.max_event_name_bytes = 10;
  options.max_attachment_bytes = 10;
  options.max_namespaces_per_client = 1;
  options.max_waiting_events = 2;
  Server server(options);
  server.of("/other");
  server.of("/slow").use_packet([](Socket&, std::string_view, const Args&, const PacketNext&) {});
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  Client(server).post("42[\"a name of an event\"]");
  Client(server).post(
      "452-[\"x\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]\x1e"
      "bAAAAAAAAAAA=\x1e"
      "bAAAAAAAAAAA=");
  Client(server).post("40/other,");
  Client(server, "40/slow,").post(payload(3, "42/slow,[\"x\"]"));
  EXPECT_EQ(limited(server, "event name"), 1);
  EXPECT_EQ(limited(server, "attachments"), 1);
  EXPECT_EQ(limited(server, "namespaces"), 1);
  EXPECT_EQ(limited(server, "waiting events"), 1);
  EXPECT_EQ(server.stats().closed.at("rate limited"), 4);
}

TEST(Rates, OfTooManyConnectionsWithoutARequestTheOldestGoFirst) {
  ServerOptions options;
  options.threads = 1;
  options.max_half_open = 1;
  Server server(options);
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient idle(server.port());
  EXPECT_TRUE(idle.request("GET", kPolling).starts_with("HTTP/1.1 200"));
  RawClient slow(server.port());
  ASSERT_TRUE(slow.write("GET / HT"));
  RawClient next(server.port());
  EXPECT_TRUE(slow.ends());
  EXPECT_TRUE(next.request("GET", kPolling).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(idle.request("GET", kPolling).starts_with("HTTP/1.1 200")) << "between two requests it is none";
  EXPECT_EQ(server.stats().refused.at("half open"), 1);
}

TEST(Rates, AnAddressOpensSoManyConnectionsAndSessions) {
  ServerOptions options;
  options.threads = 2;
  options.per_address.max_connections = 3;
  options.per_address.handshakes = {.per_second = 0.5, .burst = 2};
  Server server(options);
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  {
    RawClient first(server.port());
    RawClient second(server.port());
    RawClient third(server.port());
    EXPECT_TRUE(first.request("GET", kPolling).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(second.request("GET", kPolling).starts_with("HTTP/1.1 200"));
    const std::string refused = third.request("GET", kPolling);
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 429 Too Many Requests\r\n")) << refused;
    EXPECT_NE(refused.find("Retry-After: 2\r\n"), std::string::npos) << refused;
    RawClient fourth(server.port());
    EXPECT_TRUE(fourth.ends());
  }
  EXPECT_EQ(server.stats().refused.at("too many connections"), 1);
  EXPECT_EQ(server.stats().refused.at("handshakes too often"), 1);
  const auto deadline = Clock::now() + 10s;  // until the server has seen that they have gone
  while (Clock::now() < deadline &&
         !RawClient(server.port()).request("GET", "/").starts_with("HTTP/1.1 404")) {
  }
  EXPECT_LT(Clock::now(), deadline);
}

}  // namespace belfry
