// What an application's own defects cost: a line in the log, an answer, at most the connection that met them.
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

#include "api/testing.h"
#include "belfry/server.h"

namespace belfry {

namespace {

using testing::body_of;
using testing::RawClient;

constexpr std::chrono::seconds kLimit{10};
constexpr const char* kPolling = "/socket.io/?EIO=4&transport=polling";

[[noreturn]] void fail_badly() {
  throw std::runtime_error("a defect");
}

// Alive and well on every shard.
void expect_served(Server& server) {
  for (unsigned i = 0; i < server.threads(); ++i) {
    std::promise<void> done;
    server.post_to(i, [&done] { done.set_value(); });
    ASSERT_EQ(done.get_future().wait_for(kLimit), std::future_status::ready);
  }
  RawClient client(server.port());
  EXPECT_NE(client.request("GET", kPolling).find("\"sid\""), std::string::npos);
}

// Opens a session over polling; the target of its requests.
std::string open_session(RawClient& client) {
  const std::string body = body_of(client.request("GET", kPolling));
  const auto begin = body.find("\"sid\":\"") + 7;
  return std::string(kPolling) + "&sid=" + body.substr(begin, body.find('"', begin) - begin);
}

}  // namespace

TEST(Defects, OfPostedTasksAndTimersEndNothing) {
  Server server;
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  std::promise<void> later;
  server.post_to(0, fail_badly);
  server.post_to(0, [&server, &later] {
    server.after(std::chrono::milliseconds(1), fail_badly);
    server.after(std::chrono::milliseconds(2), [&later] { later.set_value(); });
  });
  EXPECT_EQ(later.get_future().wait_for(kLimit), std::future_status::ready);
  expect_served(server);
}

TEST(Defects, OfRoutesAreAnsweredWith500) {
  Server server;
  server.route("GET", "/broken", [](const HttpRequest&, const HttpReply&) { fail_badly(); });
  server.route("GET", "/half", [](const HttpRequest&, const HttpReply& reply) {
    reply(HttpResponse::text(200, "done"));
    fail_badly();
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  EXPECT_TRUE(client.request("GET", "/broken").starts_with("HTTP/1.1 500 "));
  EXPECT_EQ(body_of(client.request("GET", "/half")), "done") << "the first answer stands, the connection too";
  EXPECT_TRUE(client.request("GET", "/broken").starts_with("HTTP/1.1 500 "));
  expect_served(server);
}

TEST(Defects, OfAPredicateCostTheConnectionThatMetThem) {
  Server server;
  server.of([](std::string_view name, const Value&) -> bool {
    if (name == "/bad") fail_badly();
    return false;
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  const std::string session = open_session(client);
  EXPECT_EQ(client.request("POST", session, "40/bad,"), "");
  expect_served(server);
}

TEST(Defects, OfWhoeverWaitsForAcknowledgementsEndNothing) {
  Server server;
  std::promise<void> asked;
  server.of("/").on_connection([&asked](Socket& socket) {
    const auto broken = [](const AckResult&) { fail_badly(); };
    socket.emit_with_ack(std::chrono::milliseconds(1), broken, "question");
    socket.emit_with_ack(std::chrono::hours(1), broken, "question");
    socket.emit_with_ack(std::chrono::hours(1), broken, "question");
    asked.set_value();
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  const std::string session = open_session(client);
  EXPECT_EQ(body_of(client.request("POST", session, "40")), "ok");
  ASSERT_EQ(asked.get_future().wait_for(kLimit), std::future_status::ready);
  const std::string packets = body_of(client.request("GET", session));
  EXPECT_NE(packets.find("\"question\""), std::string::npos);
  // The second is answered, the third ends with the session.
  const auto second = packets.find(
                          "\x1e"
                          "42",
                          packets.find("\"question\"")) +
                      3;
  const std::string id = packets.substr(second, packets.find('[', second) - second);
  EXPECT_EQ(body_of(client.request("POST", session, "43" + id + "[]")), "ok");
  EXPECT_EQ(body_of(client.request("POST", session, "1")), "ok");
  expect_served(server);
}

TEST(Defects, OfAMiddlewareThatJoinsAndRefusesLeaveNobodyInTheRoom) {
  Server server;
  const auto root = server.of("/");
  std::promise<Socket> refused;
  root.use([&refused](Socket& socket, const Next& next) {
    socket.join("room");
    refused.set_value(socket);
    next({"not you"});
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  {
    RawClient client(server.port());
    const std::string session = open_session(client);
    EXPECT_EQ(body_of(client.request("POST", session, "40")), "ok");
    EXPECT_EQ(body_of(client.request("GET", session)), "44{\"message\":\"not you\"}");
    EXPECT_EQ(body_of(client.request("POST", session, "1")), "ok");
  }
  Socket gone = refused.get_future().get();
  gone.disconnect(true);
  gone.join("another");
  std::promise<std::size_t> members;
  root.to("room").count_sockets([&members](std::size_t count) { members.set_value(count); });
  root.to("room").emit("nobody", Value(1));
  EXPECT_EQ(members.get_future().get(), 0u);
  expect_served(server);
}

TEST(Defects, OfAHandlerThatDisconnectsWhatIsDisconnectingEndNothing) {
  Server server;
  std::promise<std::string> reason;
  const auto root = server.of("/");
  root.on_disconnecting([](Socket& socket, std::string_view) {
    socket.disconnect();
    socket.disconnect(true);
  });
  root.on_disconnect([&reason](Socket&, std::string_view why) { reason.set_value(std::string(why)); });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  const std::string session = open_session(client);
  EXPECT_EQ(body_of(client.request("POST", session,
                                   "40\x1e"
                                   "41")),
            "ok");
  auto told = reason.get_future();
  ASSERT_EQ(told.wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(told.get(), "client namespace disconnect");
  expect_served(server);
}

TEST(Defects, OfAMiddlewareThatHoldsUpAThousandEventsLeaveTheStackAlone) {
  constexpr int kEvents = 900;
  Server server;
  std::promise<std::function<void(std::optional<Error>)>> held;
  std::promise<void> all;
  int delivered = 0;
  const auto root = server.of("/");
  root.on_connection([&](Socket& socket) {
    socket.use([&held](Socket&, std::string_view event, const Args&, const auto& next) {
      if (event == "wait") return held.set_value(next);
      next(std::nullopt);
    });
    for (int i = 0; i < 30; ++i) {
      socket.use([](Socket&, std::string_view, const Args&, const auto& next) { next(std::nullopt); });
    }
    socket.on_any([&](Socket&, std::string_view, const Args&) {
      if (++delivered == kEvents + 1) all.set_value();
    });
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  const std::string session = open_session(client);
  EXPECT_EQ(body_of(client.request("POST", session, "40")), "ok");
  std::string packets = R"(42["wait"])";
  for (int i = 0; i < kEvents; ++i) packets += "\x1e" + std::string(R"(42["go"])");
  EXPECT_EQ(body_of(client.request("POST", session, packets)), "ok");
  held.get_future().get()(std::nullopt);
  EXPECT_EQ(all.get_future().wait_for(kLimit), std::future_status::ready);
  expect_served(server);
}

TEST(Defects, OfHandlersSetOnASocketThatHasGoneKeepNothing) {
  const auto token = std::make_shared<int>(0);
  {
    Server server;
    std::promise<Socket> gone;
    server.of("/").on_disconnect([&gone](Socket& socket, std::string_view) { gone.set_value(socket); });
    ASSERT_TRUE(server.listen("127.0.0.1", 0));
    RawClient client(server.port());
    const std::string session = open_session(client);
    EXPECT_EQ(body_of(client.request("POST", session, "40")), "ok");
    EXPECT_EQ(body_of(client.request("POST", session, "1")), "ok");
    const Socket socket = gone.get_future().get();
    socket.on("never", [token, socket](Socket&, const Args&, const Ack&) {});
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(Defects, OfATimerThatKeepsAnAnswerEndWithTheServer) {
  const auto token = std::make_shared<int>(0);
  Server server;
  std::promise<void> asked;
  server.route("GET", "/later", [&](const HttpRequest&, const HttpReply& reply) {
    server.after(std::chrono::hours(1), [reply, token] {});
    asked.set_value();
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  ASSERT_TRUE(client.write("GET /later HTTP/1.1\r\nHost: x\r\n\r\n"));
  asked.get_future().wait();
  server.stop(std::chrono::milliseconds(10));
  EXPECT_EQ(token.use_count(), 1);
}

TEST(Defects, ATimeOutMayBeTheLongestThereIs) {
  Server server;
  std::promise<bool> told;
  server.of("/").on_connection([&](Socket& socket) {
    socket.emit_with_ack(
        std::chrono::milliseconds::max(),
        [&told](const AckResult& result) { told.set_value(result.has_value()); }, "question");
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  const std::string session = open_session(client);
  EXPECT_EQ(body_of(client.request("POST", session, "40")), "ok");
  const std::string packets = body_of(client.request("GET", session));
  const auto id = packets.find("42") + 2;
  EXPECT_EQ(
      body_of(client.request("POST", session, "43" + packets.substr(id, packets.find('[', id) - id) + "[]")),
      "ok");
  EXPECT_TRUE(told.get_future().get()) << "it timed out at once";
}

TEST(Defects, HandlersThatHoldTheirNamespaceEndWithTheServer) {
  const auto token = std::make_shared<int>(1);
  {
    Server server;
    const Namespace nsp = server.of("/");
    nsp.on("told", [nsp, token](Socket&, const Args&, const Ack&) { nsp.emit("told"); });
    ASSERT_TRUE(server.listen("127.0.0.1", 0));
  }
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace belfry
