#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "api/testing.h"
#include "belfry/server.h"
#include "net/testing.h"

namespace belfry {

namespace {

using testing::Certificate;

constexpr std::chrono::seconds kLimit{10};

/// A connection of the test's that speaks TLS, and one request on it.
class SecureClient {
 public:
  explicit SecureClient(int port)
      : tcp_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
    SSL_set_fd(ssl_, tcp_.fd());
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~SecureClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  SecureClient(const SecureClient&) = delete;
  SecureClient& operator=(const SecureClient&) = delete;

  bool connected() const { return connected_; }
  std::string request(const std::string& head, const std::string& body = "") {
    const std::string text = head + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body;
    SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    std::string answer;
    char buffer[4096];
    std::size_t size = 0;
    while (SSL_read_ex(ssl_, buffer, sizeof buffer, &size) == 1) answer.append(buffer, size);
    return testing::body_of(answer);
  }
  /// Whether the server shows this certificate.
  bool sees(const Certificate& certificate) const {
    std::FILE* const file = std::fopen(certificate.files().cert_file.c_str(), "r");
    X509* const expected = PEM_read_X509(file, nullptr, nullptr, nullptr);
    std::fclose(file);
    X509* const shown = SSL_get1_peer_certificate(ssl_);
    const bool same = shown != nullptr && X509_cmp(expected, shown) == 0;
    X509_free(shown);
    X509_free(expected);
    return same;
  }

 private:
  testing::RawClient tcp_;
  SSL_CTX* context_;
  SSL* ssl_;
  bool connected_ = false;
};

ServerOptions secure_options(const Certificate& certificate) {
  ServerOptions options;
  options.threads = 2;
  options.tls_cert_file = certificate.files().cert_file;
  options.tls_key_file = certificate.files().key_file;
  return options;
}

/// Puts `from` in the place of `to`.
void replace(const Certificate& from, const Certificate& to) {
  std::filesystem::copy(from.files().cert_file, to.files().cert_file,
                        std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy(from.files().key_file, to.files().key_file,
                        std::filesystem::copy_options::overwrite_existing);
}

}  // namespace

TEST(Tls, RequestsAndSocketsKnowThatTheyAreSecure) {
  const Certificate certificate;
  Server server(secure_options(certificate));
  server.route("GET", "/secure", [](const HttpRequest& request, const HttpReply& reply) {
    reply(HttpResponse::text(200, request.secure ? "yes" : "no"));
  });
  std::promise<bool> told;
  server.of("/").on_connection([&told](Socket& socket) { told.set_value(socket.handshake().secure); });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  EXPECT_EQ(SecureClient(server.port()).request("GET /secure"), "yes");

  const std::string polling = "/socket.io/?EIO=4&transport=polling";
  const std::string open = SecureClient(server.port()).request("GET " + polling);
  const std::string sid = Value::parse(open.substr(1)).at("sid");
  EXPECT_EQ(SecureClient(server.port()).request("POST " + polling + "&sid=" + sid, "40"), "ok");
  auto secure = told.get_future();
  ASSERT_EQ(secure.wait_for(kLimit), std::future_status::ready);
  EXPECT_TRUE(secure.get());
  EXPECT_EQ(server.stats().tls_handshakes, 3);
}

TEST(Tls, ACertificateIsReloadedAndABadOneIsNot) {
  const Certificate first;
  const Certificate second;
  Server server(secure_options(first));
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  const Certificate shown;
  replace(first, shown);  // what the server has read, once its files are others
  EXPECT_TRUE(SecureClient(server.port()).sees(shown));

  std::filesystem::copy(second.files().key_file, first.files().key_file,
                        std::filesystem::copy_options::overwrite_existing);
  const auto refused = server.reload_tls();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("mismatch"), std::string::npos);
  EXPECT_TRUE(SecureClient(server.port()).sees(shown));

  replace(second, first);
  ASSERT_TRUE(server.reload_tls());
  EXPECT_TRUE(SecureClient(server.port()).sees(second));
}

TEST(Tls, WhatCannotServeDoesNotListen) {
  const Certificate certificate;
  ServerOptions options = secure_options(certificate);
  options.tls_key_file.clear();
  Server half(options);
  EXPECT_EQ(half.listen("127.0.0.1", 0).error().kind, ErrorKind::invalid);
  std::ofstream(certificate.files().cert_file) << "no certificate";
  Server server(secure_options(certificate));
  EXPECT_EQ(server.listen("127.0.0.1", 0).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(Server().reload_tls().error().kind, ErrorKind::invalid);
}

TEST(Tls, AUnixSocketBesideThePortIsPlain) {
  const Certificate certificate;
  const std::string path = std::filesystem::path(certificate.files().cert_file).parent_path() / "socket";
  Server server(secure_options(certificate));
  server.route("GET", "/peer", [](const HttpRequest& request, const HttpReply& reply) {
    reply(HttpResponse::text(200, request.address + (request.secure ? " secure" : " plain")));
  });
  ASSERT_TRUE(server.listen_unix(path));
  EXPECT_EQ(server.port(), 0);
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  EXPECT_FALSE(server.listen_unix(path)) << "it is in use";
  EXPECT_EQ(testing::body_of(testing::RawClient(path).request("GET", "/peer")), "unix plain");
  EXPECT_EQ(SecureClient(server.port()).request("GET /peer"), "127.0.0.1 secure");
  server.stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace belfry
