// The settings of TLS.
#include "server/setting_rows.h"

namespace belfry::server {

std::vector<Setting> tls_settings() {
  using C = Config;
  return {
      {.section = "tls",
       .key = "cert_file",
       .field = at<&C::tls, &TlsSettings::cert_file>,
       .doc =
           "PEM file with the server's certificate and those above it; with `key_file` the TCP port speaks "
           "HTTPS and nothing else. Read again on SIGHUP, and as the file changes."},
      {.section = "tls",
       .key = "key_file",
       .field = at<&C::tls, &TlsSettings::key_file>,
       .doc = "PEM file with the certificate's private key, without a password; read again with it."},
      {.section = "tls",
       .key = "watch_ms",
       .field = at<&C::tls, &TlsSettings::watch_ms>,
       .doc = "How often the two files are looked at for changes; 0: never, on SIGHUP only.",
       .max = kDayMs},
  };
}

}  // namespace belfry::server
