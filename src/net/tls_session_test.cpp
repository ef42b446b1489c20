#include "net/tls_session.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "net/testing.h"

namespace belfry::net {

namespace {

using testing::Certificate;
using State = TlsSession::State;

/// The other side, by OpenSSL's own memory BIOs.
class Client {
 public:
  explicit Client(int version = TLS1_3_VERSION, SSL_SESSION* resume = nullptr)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_, version);
    SSL_CTX_set_max_proto_version(context_, version);
    ssl_ = SSL_new(context_);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (resume != nullptr) SSL_set_session(ssl_, resume);
    SSL_set_connect_state(ssl_);
  }
  ~Client() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  SSL* ssl() { return ssl_; }
  /// What it has to say.
  std::string sent() {
    std::string bytes(BIO_ctrl_pending(SSL_get_wbio(ssl_)), '\0');
    if (!bytes.empty()) BIO_read(SSL_get_wbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  void receive(const std::string& bytes) {
    if (!bytes.empty()) BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
  }
  /// Goes on as far as it can; what it has read.
  std::string step() {
    std::string all;
    std::array<char, 4'096> buffer{};
    std::size_t size = 0;
    while (SSL_read_ex(ssl_, buffer.data(), buffer.size(), &size) == 1) all.append(buffer.data(), size);
    return all;
  }

 private:
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
};

/// What the server's side makes of these bytes, in pieces of `size`.
std::string give(TlsSession& server, std::string_view bytes, std::size_t size = std::string::npos) {
  std::string all;
  std::array<char, 1'000> buffer{};
  while (!bytes.empty()) {
    const std::string piece(bytes.substr(0, size));
    bytes.remove_prefix(piece.size());
    server.receive(piece);
    while (const std::size_t got = server.read(buffer.data(), buffer.size())) all.append(buffer.data(), got);
  }
  return all;
}

void shake_hands(TlsSession& server, Client& client, std::size_t size = std::string::npos) {
  for (int round = 0; round < 4; ++round) {
    client.step();
    give(server, client.sent(), size);
    client.receive(server.take_output());
  }
  client.step();
}

int records_in(std::string_view bytes) {
  int count = 0;
  while (bytes.size() >= 5) {
    const auto high = static_cast<std::uint8_t>(bytes[3]);
    const auto low = static_cast<std::uint8_t>(bytes[4]);
    bytes.remove_prefix(std::min<std::size_t>(5U + high * 256U + low, bytes.size()));
    ++count;
  }
  return count;
}

}  // namespace

TEST(TlsContext, SaysWhatIsWrongWithAFile) {
  const Certificate good;
  const Certificate other;
  EXPECT_GT(good.load()->expires_s(), std::time(nullptr));
  const auto text = [](const TlsFiles& files) { return TlsContext::load(files).error().text(); };
  EXPECT_EQ(text({"/nowhere/cert.pem", good.files().key_file}),
            "/nowhere/cert.pem: No such file or directory");
  EXPECT_NE(text({good.files().key_file, good.files().key_file}).find("no start line"), std::string::npos);
  EXPECT_NE(text({good.files().cert_file, other.files().key_file}).find("mismatch"), std::string::npos);
}

TEST(TlsSession, CarriesBytesBothWays) {
  const Certificate certificate;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const std::size_t size : {std::string::npos, std::size_t{1}}) {
      TlsSession server(certificate.load());
      Client client(version);
      shake_hands(server, client, size);
      ASSERT_EQ(server.state(), State::open);
      const std::string up(40'000, 'u');
      SSL_write(client.ssl(), up.data(), static_cast<int>(up.size()));
      EXPECT_EQ(give(server, client.sent(), size), up);
      ASSERT_TRUE(server.write("down"));
      client.receive(server.take_output());
      EXPECT_EQ(client.step(), "down");
    }
  }
}

TEST(TlsSession, WhatIsWrittenAtOnceIsOneRecord) {
  const Certificate certificate;
  TlsSession server(certificate.load());
  Client client;
  shake_hands(server, client);
  ASSERT_TRUE(server.write(std::string(16'384, 'x')));
  EXPECT_EQ(records_in(server.take_output()), 1);
  ASSERT_TRUE(server.write(std::string(16'385, 'x')));
  EXPECT_EQ(records_in(server.take_output()), 2);
}

TEST(TlsSession, WhatIsKeptIsReadWhereItGoes) {
  const Certificate certificate;
  TlsSession server(certificate.load());
  Client client;
  shake_hands(server, client);
  SSL_write(client.ssl(), "one", 3);
  SSL_write(client.ssl(), "two", 3);
  std::string bytes = client.sent();
  std::array<char, 3> piece{};
  server.receive(bytes);
  ASSERT_EQ(server.read(piece.data(), piece.size()), 3U);
  server.keep_unread();
  bytes.assign(bytes.size(), '\0');
  ASSERT_EQ(server.read(piece.data(), piece.size()), 3U);
  EXPECT_EQ(std::string(piece.data(), 3), "two");
  EXPECT_EQ(server.read(piece.data(), piece.size()), 0U);
}

TEST(TlsSession, EndsInBothDirections) {
  const Certificate certificate;
  TlsSession server(certificate.load());
  Client client;
  shake_hands(server, client);
  SSL_shutdown(client.ssl());
  give(server, client.sent());
  EXPECT_EQ(server.state(), State::ended);
  ASSERT_TRUE(server.write("rest"));
  server.end();
  const std::string last = server.take_output();
  server.end();
  EXPECT_EQ(server.output_size(), 0U) << "once";
  client.receive(last);
  EXPECT_EQ(client.step(), "rest");
  EXPECT_EQ(SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST(TlsSession, ASessionIsTakenUpUnderTheSameContextOnly) {
  const Certificate certificate;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = certificate.load();
    TlsSession first(context);
    Client client(version);
    shake_hands(first, client);
    EXPECT_FALSE(first.resumed());
    SSL_SESSION* const ticket = SSL_get1_session(client.ssl());
    TlsSession again(context);
    Client returned(version, ticket);
    shake_hands(again, returned);
    EXPECT_TRUE(again.resumed());
    TlsSession other(certificate.load());
    Client stranger(version, ticket);
    shake_hands(other, stranger);
    EXPECT_EQ(other.state(), State::open);
    EXPECT_FALSE(other.resumed()) << "a certificate that is loaded anew is shown to everybody";
    SSL_SESSION_free(ticket);
  }
}

TEST(TlsSession, SaysWhyItFails) {
  const Certificate certificate;
  const auto context = certificate.load();
  const auto failure = [&](std::string_view bytes) {
    TlsSession server(context);
    give(server, bytes);
    return server.state() == State::failed ? text_of(server.failure()) : "";
  };
  EXPECT_EQ(failure("GET / HTTP/1.1\r\nHost: here\r\n\r\n"), "http");
  EXPECT_EQ(failure(std::string(200, '\xff')), "broken");
  EXPECT_EQ(failure(std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10)), "broken");

  TlsSession plain(context);
  give(plain, "POST /socket.io/ HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(plain.take_output().starts_with("HTTP/1.1 400 "));
}

TEST(TlsSession, OldVersionsAndOtherProtocolsAreRefused) {
  const Certificate certificate;
  TlsSession old_server(certificate.load());
  Client old(TLS1_1_VERSION);
  SSL_set_security_level(old.ssl(), 0);
  shake_hands(old_server, old);
  EXPECT_EQ(old_server.state(), State::failed);
  EXPECT_EQ(text_of(old_server.failure()), "version");

  TlsSession server(certificate.load());
  Client client;
  SSL_set_alpn_protos(client.ssl(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  shake_hands(server, client);
  EXPECT_EQ(text_of(server.failure()), "cipher");

  TlsSession both_server(certificate.load());
  Client both;
  SSL_set_alpn_protos(both.ssl(), reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
  shake_hands(both_server, both);
  EXPECT_EQ(both_server.state(), State::open);
}

}  // namespace belfry::net
