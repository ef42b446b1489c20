// Who may use a Redis, and how it is reached: passwords, users, databases, TLS, Unix sockets.
#include <gtest/gtest.h>

#include "net/testing.h"
#include "redis/testing.h"

namespace belfry::redis {

namespace {

using testing::Certificate;
using testing::quick;
using testing::RedisServer;
using testing::TestClient;

std::string at(const RedisServer& server, const std::string& before, const std::string& after = "") {
  return "redis://" + before + "127.0.0.1:" + std::to_string(server.port()) + after;
}

/// What a client that should not be let in is told of a command, which waits half a second.
std::string refused(RedisOptions options) {
  options.max_queued_time = std::chrono::milliseconds(500);
  TestClient client(options);
  EXPECT_FALSE(client.states.next());
  return client.text({"PING"});
}

/// A server that speaks TLS only.
std::vector<std::string> tls_only(const Certificate& certificate, std::uint16_t port) {
  return {"--port",
          "0",
          "--tls-port",
          std::to_string(port),
          "--tls-cert-file",
          certificate.files().cert_file,
          "--tls-key-file",
          certificate.files().key_file,
          "--tls-ca-cert-file",
          certificate.files().cert_file,
          "--tls-auth-clients",
          "no"};
}

}  // namespace

TEST(RedisAccess, APassword) {
  RedisServer server({"--requirepass", "p@ss word"});
  TestClient client(quick(at(server, ":p%40ss%20word@")));
  client.states.until(true);
  EXPECT_EQ(client.text({"PING"}), "PONG");
  EXPECT_EQ(refused(quick(at(server, ""))), "Redis is away");
  EXPECT_EQ(refused(quick(at(server, ":other@"))), "Redis is away");
}

TEST(RedisAccess, AUserAndADatabase) {
  RedisServer server({"--user", "app", "on", ">word", "+@all", "~*", "&*", "--user", "default", "off"});
  TestClient client(quick(at(server, "app:word@", "/3")));
  client.states.until(true);
  EXPECT_EQ(client.text({"ACL", "WHOAMI"}), "app");
  EXPECT_EQ(client.text({"CLIENT", "GETNAME"}), "belfry");
  client.ask({"SET", "key", "three"});
  TestClient other(quick(at(server, "app:word@")));
  other.states.until(true);
  EXPECT_TRUE(other.ask({"GET", "key"}).value().is_nil());
  other.ask({"SELECT", "3"});
  EXPECT_EQ(other.text({"GET", "key"}), "three");
  EXPECT_EQ(refused(quick(at(server, "app:word@", "/16"))), "Redis is away") << "there are 16";
}

TEST(RedisAccess, AUnixSocket) {
  testing::Folder folder;
  RedisServer server({"--unixsocket", folder.path() + "/redis.sock"});
  TestClient client(quick("unix://" + folder.path() + "/redis.sock?db=2"));
  client.states.until(true);
  client.listen(Listen::channel, "room");
  client.ask({"PUBLISH", "room", "one"});
  EXPECT_EQ(client.published.next(), "room=one");
}

TEST(RedisAccess, Tls) {
  const Certificate certificate("DNS:localhost,IP:127.0.0.1");
  const std::uint16_t port = testing::free_port();
  RedisServer server(tls_only(certificate, port), port);
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    RedisOptions options = quick("rediss://" + host + ":" + std::to_string(port));
    options.tls_ca_file = certificate.files().cert_file;
    TestClient client(options);
    client.states.until(true);
    const std::string value(3u << 20, 'v');
    EXPECT_EQ(client.text({"SET", "key", value}), "OK");
    EXPECT_EQ(client.text({"GET", "key"}), value);
    client.listen(Listen::channel, "room");
    client.ask({"PUBLISH", "room", value});
    EXPECT_EQ(client.published.next(), "room=" + value);
  }
}

TEST(RedisAccess, TlsWithSomebodyElse) {
  const Certificate certificate("DNS:elsewhere.example.org");
  const Certificate stranger("DNS:localhost");
  const std::uint16_t port = testing::free_port();
  RedisServer server(tls_only(certificate, port), port);
  RedisOptions options = quick("rediss://localhost:" + std::to_string(port));
  EXPECT_EQ(refused(options), "Redis is away") << "the system does not know it";
  options.tls_ca_file = stranger.files().cert_file;
  EXPECT_EQ(refused(options), "Redis is away") << "signed by another";
  options.tls_ca_file = certificate.files().cert_file;
  EXPECT_EQ(refused(options), "Redis is away") << "another name";

  options.tls_server_name = "elsewhere.example.org";
  TestClient named(options);
  named.states.until(true);
  options.tls_server_name = "";
  options.tls_ca_file = "";
  options.tls_verify = false;
  TestClient unverified(options);
  unverified.states.until(true);
}

TEST(RedisAccess, TlsToAPortWithout) {
  RedisServer server;
  EXPECT_EQ(refused(quick("rediss://127.0.0.1:" + std::to_string(server.port()))), "Redis is away");
}

TEST(RedisAccess, OptionsThatCannotBe) {
  Log log;
  RedisOptions options;
  options.tls = true;
  options.tls_ca_file = "/nowhere/ca.pem";
  EXPECT_EQ(make_client(options, log).error().text(), "/nowhere/ca.pem: No such file or directory");
  options = {};
  options.addresses.clear();
  EXPECT_EQ(make_client(options, log).error().field, "addresses");
  options = {};
  options.kind = RedisKind::sentinel;
  EXPECT_EQ(make_client(options, log).error().field, "master_name");
}

}  // namespace belfry::redis
