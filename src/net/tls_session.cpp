#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <new>

namespace belfry::net {

namespace {

constexpr std::size_t kRecordBytes = 16'384;
// More than a record of any version and cipher adds.
constexpr std::size_t kRecordOverhead = 64;
// What a person reads who has forgotten the s of https.
constexpr std::string_view kUseHttps =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 30\r\nConnection: close\r\n\r\n"
    "This port speaks HTTPS only.\r\n";

TlsFailure failure_of(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return TlsFailure::broken;
  const int reason = ERR_GET_REASON(code);
  if (reason >= SSL_AD_REASON_OFFSET) return TlsFailure::alert;
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return TlsFailure::http;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return TlsFailure::version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return TlsFailure::cipher;
    default:
      return TlsFailure::broken;
  }
}

}  // namespace

std::string_view text_of(TlsFailure failure) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(TlsFailure::count)> kNames = {
      "http", "version", "cipher", "alert", "broken", "timeout", "closed"};
  return kNames[static_cast<std::size_t>(failure)];
}

void TlsSession::Free::operator()(SSL* session) const {
  SSL_free(session);
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context)
    : context_(std::move(context)), session_(context_->make_session()) {
  attach();
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, const std::string& server)
    : context_(std::move(context)), session_(context_->make_session_to(server)) {
  attach();
  ERR_clear_error();
  SSL_do_handshake(session_.get());
}

void TlsSession::attach() {
  BIO* const bio = wire_.make_bio();
  if (session_ == nullptr || bio == nullptr) throw std::bad_alloc();
  SSL_set_bio(session_.get(), bio, bio);
}

TlsSession::~TlsSession() = default;

bool TlsSession::resumed() const {
  return SSL_session_reused(session_.get()) == 1;
}

void TlsSession::keep_unread() {
  unread_ = std::string(wire_.in);
  wire_.in = unread_;
}

std::size_t TlsSession::read(char* to, std::size_t size) {
  std::size_t filled = 0;
  // Asking where nothing has come would make OpenSSL get a buffer for nothing.
  while (filled < size && state_ <= State::open &&
         (!wire_.in.empty() || SSL_has_pending(session_.get()) == 1)) {
    ERR_clear_error();
    std::size_t got = 0;
    const int done = SSL_read_ex(session_.get(), to + filled, size - filled, &got);
    if (state_ == State::handshake && SSL_is_init_finished(session_.get()) == 1) state_ = State::open;
    filled += got;
    if (done == 1) continue;
    const int why = SSL_get_error(session_.get(), done);
    if (why == SSL_ERROR_WANT_READ) break;
    if (why == SSL_ERROR_ZERO_RETURN) {
      state_ = State::ended;
    } else {
      fail();
    }
  }
  if (wire_.in.empty()) unread_ = {};
  return filled;
}

void TlsSession::fail() {
  state_ = State::failed;
  error_ = ERR_peek_error();
  failure_ = failure_of(error_);
  ERR_clear_error();
  if (failure_ == TlsFailure::http) wire_.out = kUseHttps;
}

std::string TlsSession::why() const {
  const long verified = SSL_get_verify_result(session_.get());
  if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
  const char* const reason = ERR_reason_error_string(error_);
  return reason == nullptr ? std::string(text_of(failure_)) : reason;
}

bool TlsSession::write(std::string_view plain) {
  if (state_ == State::handshake || state_ == State::failed) return false;
  ERR_clear_error();
  const std::size_t records = plain.size() / kRecordBytes + 1;
  wire_.out.reserve(wire_.out.size() + plain.size() + records * kRecordOverhead);
  std::size_t written = 0;
  if (SSL_write_ex(session_.get(), plain.data(), plain.size(), &written) == 1 && written == plain.size())
    return true;
  fail();
  return false;
}

void TlsSession::end() {
  if (state_ == State::handshake || state_ == State::failed) return;
  if ((SSL_get_shutdown(session_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  ERR_clear_error();
  SSL_shutdown(session_.get());
}

}  // namespace belfry::net
