// The end of all sessions, where the application does not know what it should have told.
#include <gtest/gtest.h>

#include <semaphore>

#include "api/testing.h"
#include "belfry/server.h"
#include "belfry/value.h"

namespace belfry {

namespace {

using testing::RawClient;

constexpr const char* kWebSocket =
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

// A text frame of a client, masked with zeros; of less than 126 bytes.
std::string frame(std::string_view text) {
  return std::string("\x81").append(1, static_cast<char>(0x80 | text.size())).append(4, '\0').append(text);
}

// What comes until `end`, or the end of the connection.
std::string read_until(RawClient& client, std::string_view end) {
  std::string all;
  while (all.find(end) == std::string::npos) {
    const std::string more = client.read();
    if (more.empty()) break;
    all += more;
  }
  return all;
}

// Comes with what it has of a session; the server's answer.
Value enter(RawClient& client, const Value& auth = Value::object()) {
  client.write(kWebSocket);
  read_until(client, "maxPayload");
  client.write(frame("40" + auth.dump()));
  const std::string answer = read_until(client, "\"pid\"");
  const auto begin = answer.find("40{") + 2;
  return Value::parse(answer.substr(begin, answer.find('}', begin) + 1 - begin));
}

struct Recovering {
  Recovering() : server(options()) {
    server.of("/").on_disconnect([this](Socket&, std::string_view) { gone.release(); });
    EXPECT_TRUE(server.listen("127.0.0.1", 0));
  }
  static ServerOptions options() {
    ServerOptions options;
    options.threads = 2;
    options.recovery = RecoveryOptions();
    return options;
  }
  // The next client comes, and goes without a word; how it was let in.
  Value visit(const Value& auth) {
    Value session;
    {
      RawClient client(server.port());
      session = enter(client, auth);
    }
    EXPECT_TRUE(gone.try_acquire_for(std::chrono::seconds(10)));
    return session;
  }

  std::counting_semaphore<> gone{0};
  Server server;
};

}  // namespace

TEST(EndSessions, ClosesConnectionsSoThatClientsComeBackAsNewOnes) {
  Recovering all;
  RawClient client(all.server.port());
  const Value session = enter(client);
  all.server.end_sessions();
  EXPECT_NE(read_until(client, "events missed").find("events missed"), std::string::npos);
  RawClient again(all.server.port());
  EXPECT_NE(enter(again, {{"pid", session.at("pid")}}).at("sid"), session.at("sid"));
}

TEST(EndSessions, EndsThoseWhoseClientMayComeBack) {
  Recovering all;
  const Value session = all.visit(Value::object());
  const Value wish = {{"pid", session.at("pid")}};
  EXPECT_EQ(all.visit(wish).at("sid"), session.at("sid")) << "it is recovered";
  all.server.end_sessions();
  EXPECT_NE(all.visit(wish).at("sid"), session.at("sid"));
}

}  // namespace belfry
