#include <gtest/gtest.h>

#include <future>
#include <regex>
#include <set>

#include "api/testing.h"
#include "belfry/server.h"

namespace belfry {

namespace {

using std::chrono::milliseconds;
using testing::body_of;
using testing::RawClient;

constexpr std::string_view kPolling = "/socket.io/?EIO=4&transport=polling";

// A client that polls, in `/`; over a new connection where the server has closed the last one.
class Polling {
 public:
  explicit Polling(int port) : port_(port) {
    const std::string opened = body_of(exchange("GET", ""));
    target_ += "&sid=" + opened.substr(opened.find("sid\":\"") + 6, 20);
    send("40");
    poll();
  }
  void send(std::string_view packets) { exchange("POST", packets); }
  std::string poll() { return body_of(exchange("GET", "")); }

 private:
  std::string exchange(std::string_view method, std::string_view body) {
    if (client_ == nullptr) client_ = std::make_unique<RawClient>(port_);
    std::string answer = client_->request(method, target_, body);
    if (answer.find("Connection: close") != std::string::npos) client_.reset();
    return answer;
  }

  const int port_;
  std::string target_{kPolling};
  std::unique_ptr<RawClient> client_;
};

// What `reconnectInMs` says, or -1.
long hint_of(const std::string& payload) {
  std::smatch found;
  const std::regex told(R"x(42\["server:shutdown",\{"reason":"shutdown","reconnectInMs":(\d+)\}\])x");
  return std::regex_search(payload, found, told) ? std::stol(found[1]) : -1;
}

std::future<void> drain(Server& server, milliseconds spread) {
  return std::async(std::launch::async, [&server, spread] { server.drain(spread); });
}

}  // namespace

TEST(Drain, EveryClientIsToldWhenToComeBackAndThenEnded) {
  ServerOptions options;
  options.threads = 1;
  Server server(options);
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  std::vector<std::unique_ptr<Polling>> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(std::make_unique<Polling>(server.port()));

  const auto drained = drain(server, milliseconds(100));
  std::set<long> hints;
  for (const auto& client : clients) hints.insert(hint_of(client->poll()));
  EXPECT_EQ(hints.count(-1), 0U);
  EXPECT_GT(hints.size(), 5U);
  EXPECT_GE(*hints.begin(), 100);
  EXPECT_LE(*hints.rbegin(), 1'200);
  EXPECT_TRUE(RawClient(server.port()).request("GET", kPolling).starts_with("HTTP/1.1 503 "));
  for (const auto& client : clients) EXPECT_EQ(client->poll(), "1");
  EXPECT_EQ(drained.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(server.clients_count(), 0U);
  EXPECT_EQ(server.stats().closed["server shutting down"], 10);
}

TEST(Drain, WhatAClientHasBegunIsAnsweredBeforeItIsEnded) {
  Server server;
  server.of("/").on("slow", [&server](Socket&, const Args&, const Ack& ack) {
    server.after(milliseconds(50), [ack] { ack("done"); });
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  Polling client(server.port());
  client.send("421[\"slow\"]");
  const auto drained = drain(server, milliseconds(0));
  std::string all;
  for (std::string one; one != "1" && all.size() < 1'000; all += one) one = client.poll();
  EXPECT_NE(all.find("431[\"done\"]"), std::string::npos) << all;
  drained.wait();
}

TEST(Drain, AServerWithoutClientsIsDrainedAtOnceAndServesItsRoutesOn) {
  Server server;
  server.route("GET", "/here", [](const HttpRequest&, const HttpReply& reply) {
    reply(HttpResponse::json(200, Value("yes")));
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  const auto begin = std::chrono::steady_clock::now();
  server.drain(std::chrono::minutes(1));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  const std::string answer = RawClient(server.port()).request("GET", "/here");
  EXPECT_EQ(body_of(answer), "\"yes\"");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST(Drain, WhoIsToldNothingIsEndedAllTheSame) {
  ServerOptions options;
  options.shutdown_event.clear();
  Server server(options);
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  Polling client(server.port());
  const auto drained = drain(server, milliseconds(0));
  EXPECT_EQ(client.poll(), "1");
  drained.wait();
}

}  // namespace belfry
