// The certificate of a server, which may be loaded anew while it serves.
#pragma once

#include <cstdint>
#include <memory>

#include "belfry/log.h"
#include "belfry/options.h"
#include "net/tls_context.h"
#include "runtime/snapshot.h"

namespace belfry {

/// Any thread. Connections take the context of the moment in which they come.
class TlsKeeper {
 public:
  TlsKeeper(const ServerOptions& options, Log& log);

  /// Whether the options name a certificate.
  bool wanted() const { return !files_.cert_file.empty() || !files_.key_file.empty(); }
  /// Reads the files; where they are of no use, what was loaded before holds.
  Result<void> load();
  /// What is loaded; null where nothing is wanted.
  const runtime::Snapshot<net::TlsContext>* context() const { return wanted() ? &context_ : nullptr; }
  /// When the certificate ends, in seconds since 1970; 0 where there is none.
  std::int64_t expires_s() const;

 private:
  const net::TlsFiles files_;
  Log& log_;
  runtime::Snapshot<net::TlsContext> context_{nullptr};
};

}  // namespace belfry
