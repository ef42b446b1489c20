// The two ends of a TLS session's ciphertext, as OpenSSL wants them.
#pragma once

#include <openssl/types.h>

#include <string>
#include <string_view>

namespace belfry::net {

/// What has come and not been read, and what is to be sent. OpenSSL's own memory BIOs would keep their
/// buffers for as long as the connection lasts; this one holds nothing at rest.
struct TlsWire {
  std::string_view in;
  std::string out;

  /// A BIO that reads `in` and appends to `out`: owned by the caller, and no longer used than this.
  BIO* make_bio();
};

}  // namespace belfry::net
