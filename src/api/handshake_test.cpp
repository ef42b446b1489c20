// What the answer to a handshake says beside the session: cookies and subprotocols; and the stock client.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "api/testing.h"
#include "belfry/server.h"
#include "core/ids.h"

namespace belfry {

namespace {

namespace fs = std::filesystem;
using testing::body_of;
using testing::RawClient;

constexpr const char* kPolling = "/socket.io/?EIO=4&transport=polling";

std::string websocket_request(const std::string& more = "", const std::string& query = "") {
  return "GET /socket.io/?EIO=4&transport=websocket" + query +
         " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
         more + "\r\n";
}

// Reads until `text` has come; all that has.
std::string read_until(RawClient& client, std::string_view text) {
  std::string all;
  while (all.find(text) == std::string::npos) {
    const std::string more = client.read();
    if (more.empty()) break;
    all += more;
  }
  return all;
}

std::string sid_of(const std::string& answer) {
  const auto begin = answer.find("\"sid\":\"") + 7;
  return answer.substr(begin, answer.find('"', begin) - begin);
}

bool has(const std::string& answer, const std::string& field) {
  return answer.find("\r\n" + field + "\r\n") != std::string::npos;
}

ServerOptions with_cookie(SessionCookie cookie) {
  ServerOptions options;
  options.cookie = std::move(cookie);
  return options;
}

}  // namespace

TEST(Handshake, NoCookieIsSetUnlessOneIsAskedFor) {
  Server server;
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  EXPECT_EQ(client.request("GET", kPolling).find("Set-Cookie"), std::string::npos);
}

TEST(Handshake, TheCookieHasTheSessionsIdOverPollingAndWebSocket) {
  Server server(with_cookie({}));
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient polling(server.port());
  const std::string opened = polling.request("GET", kPolling);
  const std::string sid = sid_of(opened);
  EXPECT_TRUE(has(opened, "Set-Cookie: io=" + sid + "; Path=/; HttpOnly; SameSite=Lax")) << opened;
  const std::string session = std::string(kPolling) + "&sid=" + sid;
  EXPECT_EQ(polling.request("POST", session, "40").find("Set-Cookie"), std::string::npos);
  EXPECT_EQ(polling.request("GET", session).find("Set-Cookie"), std::string::npos);

  RawClient websocket(server.port());
  ASSERT_TRUE(websocket.write(websocket_request()));
  const std::string answer = read_until(websocket, "maxPayload");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 "));
  EXPECT_TRUE(has(answer, "Set-Cookie: io=" + sid_of(answer) + "; Path=/; HttpOnly; SameSite=Lax")) << answer;

  RawClient probing(server.port());
  ASSERT_TRUE(probing.write(websocket_request("", "&sid=" + sid)));
  const std::string probe = read_until(probing, "\r\n\r\n");
  EXPECT_TRUE(probe.starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(probe.find("Set-Cookie"), std::string::npos);
}

TEST(Handshake, TheCookieIsMadeAsTheOptionsHaveIt) {
  Server server(with_cookie({.name = "lb",
                             .path = "/socket.io",
                             .same_site = SameSite::none,
                             .secure = true,
                             .max_age = std::chrono::seconds(60)}));
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  const std::string opened = client.request("GET", kPolling);
  EXPECT_TRUE(has(opened, "Set-Cookie: lb=" + sid_of(opened) +
                              "; Path=/socket.io; Max-Age=60; HttpOnly; Secure; SameSite=None"))
      << opened;
}

TEST(Handshake, ACookieThatCannotBeIsRefusedBeforeTheServerListens) {
  Server server(with_cookie({.name = "a;b"}));
  const auto listening = server.listen("127.0.0.1", 0);
  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error().kind, ErrorKind::invalid);
}

TEST(Handshake, TheFirstSubprotocolIsAgreedOnAndNoneWhereNoneIsOffered) {
  Server server;
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient offering(server.port());
  ASSERT_TRUE(offering.write(websocket_request("Sec-WebSocket-Protocol: chat, mqtt\r\n")));
  EXPECT_TRUE(has(read_until(offering, "\r\n\r\n"), "Sec-WebSocket-Protocol: chat"));
  RawClient plain(server.port());
  ASSERT_TRUE(plain.write(websocket_request()));
  EXPECT_EQ(read_until(plain, "\r\n\r\n").find("Sec-WebSocket-Protocol"), std::string::npos);
  for (const char* wrong : {"Sec-WebSocket-Protocol:\r\n", "Sec-WebSocket-Protocol: a b\r\n",
                            "Sec-WebSocket-Protocol: a, a\r\n"}) {
    RawClient client(server.port());
    ASSERT_TRUE(client.write(websocket_request(wrong)));
    EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 400 ")) << wrong;
  }
}

TEST(Handshake, TheFirstWordsComeOneByOneWhereThereIsAGap) {
  ServerOptions options;
  options.greeting_gap = std::chrono::milliseconds(200);
  Server server(options);
  server.of("/").on_connection([](Socket& socket) { socket.emit("welcome"); });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  ASSERT_TRUE(client.write(websocket_request()));
  EXPECT_TRUE(client.read().ends_with("\r\n\r\n")) << "the answer alone";
  const std::string open = client.read();
  EXPECT_EQ(open.substr(0, 3), std::string("\x81") + static_cast<char>(open.size() - 2) + "0");
  ASSERT_TRUE(client.write(std::string("\x81\x82\0\0\0\0", 6) + "40"));
  const std::string connect = client.read();
  EXPECT_EQ(connect.substr(0, 4), std::string("\x81") + static_cast<char>(connect.size() - 2) + "40");
  EXPECT_NE(client.read().find("welcome"), std::string::npos);
}

TEST(Handshake, TheStockClientIsServedBelowThePath) {
  const fs::path folder = fs::temp_directory_path() / ("client-" + make_uuid7());
  fs::create_directories(folder);
  std::ofstream(folder / "socket.io.js") << "/*!\n * Socket.IO v4.8.3\n */" << std::string(2000, ' ');
  ServerOptions options;
  options.client_dir = folder.string();
  options.cors = CorsOptions{.any = true};
  Server server(options);
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  RawClient client(server.port());
  const std::string script = client.request("GET", "/socket.io/socket.io.js?v=1");
  EXPECT_TRUE(script.starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(has(script, "ETag: \"4.8.3\""));
  EXPECT_TRUE(has(script, "Access-Control-Allow-Origin: *"));
  EXPECT_EQ(body_of(script).size(), 2000 + std::string_view("/*!\n * Socket.IO v4.8.3\n */").size());
  EXPECT_TRUE(client.request("POST", "/socket.io/socket.io.js", "x").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(client.request("GET", "/socket.io/socket.io.min.js").starts_with("HTTP/1.1 400 "))
      << "what is not there is the protocol's";
  EXPECT_TRUE(client.request("GET", kPolling).starts_with("HTTP/1.1 200 "));

  fs::remove_all(folder);
  Server without(options);
  EXPECT_FALSE(without.listen("127.0.0.1", 0));
}

}  // namespace belfry
