#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <ctime>
#include <span>
#include <string_view>

namespace belfry::net {

namespace {

// Of TLS 1.2 what has forward secrecy and authenticated encryption; TLS 1.3 has nothing else.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view kHttp11 = "http/1.1";

Error load_error(const std::string& file) {
  const unsigned long code = ERR_peek_error();
  const char* const why =
      ERR_SYSTEM_ERROR(code) ? std::strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
  ERR_clear_error();
  return {ErrorKind::unavailable, file + ": " + (why == nullptr ? "cannot be used" : why)};
}

// A client that names protocols must name ours: another one would not understand the answers.
int choose_protocol(SSL* /*session*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned size, void* /*data*/) {
  for (unsigned at = 0; at < size && at + 1 + offered[at] <= size; at += 1U + offered[at]) {
    const std::span name(offered + at + 1, offered[at]);
    if (name.size() != kHttp11.size() || std::memcmp(name.data(), kHttp11.data(), name.size()) != 0) continue;
    *out = name.data();
    *out_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::int64_t end_of(const X509* certificate) {
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return 0;
  return timegm(&time);
}

}  // namespace

void TlsContext::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext);
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return std::unexpected(load_error("TLS"));
  made->context_.reset(context);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // A connection at rest holds no buffers; tickets make a cache of sessions superfluous.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // Nobody is there to type the password of a key.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });

  if (SSL_CTX_use_certificate_chain_file(context, files.cert_file.c_str()) != 1) {
    return std::unexpected(load_error(files.cert_file));
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return std::unexpected(load_error(files.key_file));
  }
  made->expires_s_ = end_of(SSL_CTX_get0_certificate(context));
  return made;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_client(const TlsTrust& trust) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext);
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) return std::unexpected(load_error("TLS"));
  made->context_.reset(context);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set_verify(context, trust.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (trust.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_file(context, trust.ca_file.c_str()) != 1) {
    return std::unexpected(load_error(trust.ca_file));
  }
  return made;
}

SSL* TlsContext::make_session_to(const std::string& server) const {
  SSL* const session = SSL_new(context_.get());
  if (session == nullptr) return nullptr;
  SSL_set_connect_state(session);
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), server.c_str()) == 1) return session;
  SSL_set1_host(session, server.c_str());
  SSL_set_tlsext_host_name(session, server.c_str());
  return session;
}

SSL* TlsContext::make_session() const {
  SSL* const session = SSL_new(context_.get());
  if (session != nullptr) SSL_set_accept_state(session);
  return session;
}

}  // namespace belfry::net
