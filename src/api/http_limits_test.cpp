// What a client may ask of one HTTP connection: how slowly, and how much at once.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>

#include "api/testing.h"
#include "belfry/server.h"

namespace belfry {

namespace {

using std::chrono::milliseconds;
using testing::body_of;
using testing::RawClient;

constexpr std::chrono::seconds kLimit{10};

ServerOptions one_thread() {
  ServerOptions options;
  options.threads = 1;
  return options;
}

// Writes until the server has ended the connection; false where it takes more than `most` bytes.
bool is_cut_before(RawClient& client, std::size_t most) {
  const std::string piece(64 * 1024, 'x');
  for (std::size_t sent = 0; sent < most; sent += piece.size()) {
    if (!client.write(piece)) return true;
  }
  return false;
}

// A server with short times, and what it has counted.
struct Impatient {
  explicit Impatient(const std::function<void(ServerOptions&)>& set) : server(with(set)) {
    server.route("POST", "/echo", [](const HttpRequest& request, const HttpReply& reply) {
      reply(HttpResponse::text(200, request.body));
    });
    EXPECT_TRUE(server.listen("127.0.0.1", 0));
  }
  static ServerOptions with(const std::function<void(ServerOptions&)>& set) {
    ServerOptions options = one_thread();
    set(options);
    return options;
  }
  std::int64_t refused(const char* why) { return server.stats().refused[why]; }

  Server server;
};

constexpr const char* kPost = "POST /echo HTTP/1.1\r\nHost: x\r\n";

// Writes a byte at a time until the server answers, at most for `limit`; the answer.
std::string trickle(RawClient& client, milliseconds pause, milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (client.is_readable(pause)) return client.answer();
    client.write("x");
  }
  return "nothing";
}

}  // namespace

TEST(HttpLimits, AHeadThatDoesNotComeToItsEndIsAnswered408HoweverBusyTheClientIs) {
  Impatient impatient([](ServerOptions& options) { options.header_timeout = milliseconds(100); });
  RawClient client(impatient.server.port());
  ASSERT_TRUE(client.write("GET / HTTP/1.1\r\nHost: x\r\nX-Long: "));
  EXPECT_TRUE(trickle(client, milliseconds(10), kLimit).starts_with("HTTP/1.1 408 "));
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(impatient.refused("slow head"), 1);
}

TEST(HttpLimits, AHeadHasItsTimeAlsoBehindAnotherRequest) {
  Impatient impatient([](ServerOptions& options) { options.header_timeout = milliseconds(100); });
  RawClient client(impatient.server.port());
  ASSERT_TRUE(client.write("GET /no HTTP/1.1\r\nHost: x\r\n\r\nGET /no HTTP/1.1\r\nHo"));
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 408 "));
}

TEST(HttpLimits, EmptyLinesDoNotKeepAConnectionOpen) {
  Impatient impatient([](ServerOptions& options) { options.keep_alive_timeout = milliseconds(100); });
  RawClient client(impatient.server.port());
  EXPECT_TRUE(client.request("GET", "/no").starts_with("HTTP/1.1 404 "));
  const auto end = std::chrono::steady_clock::now() + kLimit;
  while (!client.is_readable(milliseconds(10)) && std::chrono::steady_clock::now() < end)
    client.write("\r\n");
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(impatient.refused("slow head"), 0);
}

TEST(HttpLimits, ABodyThatTricklesIsAnswered408LongBeforeItsTimeIsUp) {
  for (const std::string coding : {"Content-Length: 1000", "Transfer-Encoding: chunked"}) {
    Impatient impatient([](ServerOptions& options) { options.body_grace = milliseconds(100); });
    RawClient client(impatient.server.port());
    ASSERT_TRUE(client.write(kPost + coding + "\r\n\r\n" + (coding[0] == 'T' ? "3e8\r\n" : "")));
    EXPECT_TRUE(trickle(client, milliseconds(20), kLimit).starts_with("HTTP/1.1 408 ")) << coding;
    EXPECT_TRUE(client.ends());
    EXPECT_EQ(impatient.refused("slow body"), 1);
  }
}

TEST(HttpLimits, ABodyThatIsFastEnoughHasItsTimeAndNoMore) {
  Impatient impatient([](ServerOptions& options) {
    options.body_grace = milliseconds(20);
    options.min_body_bytes_per_s = 1;
    options.request_timeout = milliseconds(200);
  });
  RawClient client(impatient.server.port());
  ASSERT_TRUE(client.write(std::string(kPost) + "Content-Length: 9\r\n\r\nabcdefgh"));
  EXPECT_FALSE(client.is_readable(milliseconds(80)));
  ASSERT_TRUE(client.write("i"));
  EXPECT_EQ(body_of(client.answer()), "abcdefghi");
  ASSERT_TRUE(client.write(std::string(kPost) + "Content-Length: 9\r\n\r\nabcdefgh"));
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 408 "));
}

TEST(HttpLimits, WhatCannotBeReadIsCountedByWhy) {
  Impatient impatient([](ServerOptions& options) {
    options.max_header_bytes = 300;
    options.max_payload_bytes = 10;
  });
  const std::pair<const char*, std::string> refused[] = {
      {"invalid http", "nonsense\r\n\r\n"},
      {"large head", "GET / HTTP/1.1\r\nX: " + std::string(400, 'x')},
      {"large body", std::string(kPost) + "Content-Length: 11\r\n\r\n"},
      {"unknown coding", std::string(kPost) + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
      {"unknown version", "GET / HTTP/3.0\r\nHost: x\r\n\r\n"},
  };
  for (const auto& [why, bytes] : refused) {
    RawClient client(impatient.server.port());
    ASSERT_TRUE(client.write(bytes));
    EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 ")) << why;
    EXPECT_EQ(impatient.refused(why), 1) << why;
  }
}

TEST(HttpLimits, WhatComesBehindARequestUnderWayIsBounded) {
  Server server(one_thread());
  std::promise<HttpReply> asked;
  server.route("GET", "/later", [&](const HttpRequest&, const HttpReply& reply) { asked.set_value(reply); });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  ASSERT_TRUE(client.write("GET /later HTTP/1.1\r\nHost: x\r\n\r\nG"));
  auto reply = asked.get_future();
  ASSERT_EQ(reply.wait_for(kLimit), std::future_status::ready);
  EXPECT_TRUE(is_cut_before(client, 64u << 20));
  EXPECT_EQ(server.stats().refused["too much pipelined"], 1);
}

TEST(HttpLimits, AClientThatDoesNotReadItsAnswersGetsNoMoreOfThem) {
  constexpr int kRequests = 60;
  const std::string big(1'000'000, 'x');
  std::atomic<int> asked{0};
  Server server(one_thread());
  server.route("GET", "/big", [&](const HttpRequest&, const HttpReply& reply) {
    ++asked;
    reply(HttpResponse::text(200, big));
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient greedy(server.port());
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_TRUE(greedy.write(requests));
  RawClient other(server.port());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(other.request("GET", "/no").starts_with("HTTP/1.1 404 "));
  EXPECT_LT(asked, kRequests / 2) << "the kernel holds a few of them";
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(body_of(greedy.answer()).size(), big.size());
}

}  // namespace belfry
