// What TLS connections share: how TLS is spoken, and who is who. A server's certificate and key, or whom a
// client trusts.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "belfry/result.h"

namespace belfry::net {

/// Both in PEM. The certificate's file holds the whole chain, the server's own first.
struct TlsFiles {
  std::string cert_file;
  std::string key_file;
};

/// Whom a client takes for the server that it means.
struct TlsTrust {
  std::string ca_file;  ///< PEM: who may have signed; empty: whom the system trusts
  bool verify = true;   ///< false: anybody
};

/// Immutable once loaded: every shard uses it, and a connection keeps the one it has begun with. TLS 1.2 and
/// 1.3 with forward secrecy; HTTP/1.1 by ALPN. Sessions are resumed by tickets, whose keys are this context's
/// own: a ticket holds on every shard, and until the certificate is loaded anew.
class TlsContext {
 public:
  /// Fails with `unavailable` where a file cannot be read, or the two do not belong together.
  static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);

  /// For connections that we open. Fails with `unavailable` where the file cannot be read.
  static Result<std::shared_ptr<const TlsContext>> for_client(const TlsTrust& trust);

  /// A connection's state, for the server's side; the caller frees it. Any thread.
  SSL* make_session() const;
  /// The same for the client's side of a connection to `server`, a name or an IP address.
  SSL* make_session_to(const std::string& server) const;
  /// When the certificate ends, in seconds since 1970.
  std::int64_t expires_s() const { return expires_s_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };

  TlsContext() = default;

  std::unique_ptr<SSL_CTX, Free> context_;
  std::int64_t expires_s_ = 0;
};

}  // namespace belfry::net
