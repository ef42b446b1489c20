#include "http/forwarding.h"

#include <gtest/gtest.h>

namespace belfry::http {

namespace {

Request get(std::vector<Header> fields) {
  Request request{.method = "GET", .target = "/socket.io/?sid=x"};
  for (const Header& field : fields) request.headers.add(field.name, field.value);
  return request;
}

}  // namespace

TEST(Forwarding, WhatIsOfTheClientsConnectionStaysBehind) {
  const auto request = get({{"Host", "chat"},
                            {"Connection", "keep-alive, X-Mine"},
                            {"Keep-Alive", "timeout=5"},
                            {"X-Mine", "1"},
                            {"TE", "trailers"},
                            {"Proxy-Authorization", "Basic x"},
                            {"X-Belfry-Forward", "forged"},
                            {"Cookie", "a=b"}});
  EXPECT_EQ(serialize_forwarded(request, {{"x-belfry-forward", "sealed"}}),
            "GET /socket.io/?sid=x HTTP/1.1\r\nhost: chat\r\ncookie: a=b\r\nx-belfry-forward: "
            "sealed\r\nConnection: close\r\n\r\n");
}

TEST(Forwarding, ABodyHasItsLengthHoweverItCame) {
  Request request = get({{"Host", "chat"}, {"Transfer-Encoding", "chunked"}, {"Content-Length", "7"}});
  request.method = "POST";
  request.body = "4hello";
  EXPECT_EQ(serialize_forwarded(request, {}),
            "POST /socket.io/?sid=x HTTP/1.1\r\nhost: chat\r\nConnection: close\r\nContent-Length: "
            "6\r\n\r\n4hello");
  request.body.clear();
  EXPECT_NE(serialize_forwarded(request, {}).find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(Forwarding, AnUpgradeStaysOne) {
  const auto request = get(
      {{"Host", "chat"}, {"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Key", "k"}});
  EXPECT_EQ(serialize_forwarded(request, {}),
            "GET /socket.io/?sid=x HTTP/1.1\r\nhost: chat\r\nsec-websocket-key: k\r\nConnection: "
            "Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST(Forwarding, AnAnswersHeadIsReadAndWrittenForTheClientsConnection) {
  const auto head = read_forwarded_head(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 12\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->content_length, 12U);
  EXPECT_EQ(serialize_head(*head, true, 11),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\n");
  EXPECT_NE(serialize_head(*head, false, 11).find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_NE(serialize_head(*head, true, 10).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
}

TEST(Forwarding, TheHeadOfAWebSocketStaysAsItIs) {
  const std::string text =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: a\r\n\r\n";
  const auto head = read_forwarded_head(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(serialize_head(*head, true, 11), text);
}

TEST(Forwarding, WhatIsNoHeadOfOursIsNone) {
  for (const std::string_view text :
       {"", "\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\na b: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        "HTTP/1.1 101 X\r\nContent-Length: 0\r\n\r\n"}) {
    EXPECT_FALSE(read_forwarded_head(text)) << text;
  }
}

}  // namespace belfry::http
