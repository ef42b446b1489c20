// The certificate, loaded anew when its files change.
#pragma once

#include <sys/stat.h>

#include <array>
#include <string>

#include "belfry/log.h"
#include "belfry/server.h"
#include "runtime/worker_pool.h"
#include "server/config.h"

namespace belfry::server {

/// Looks at both files every `tls.watch_ms` and has the server read them where either is another one or has
/// another time or size. Files that are of no use leave the old certificate in force, and are tried again
/// each time. Owned by the wiring, as long as the server; its state belongs to shard 0.
class TlsReload {
 public:
  TlsReload(Server& server, runtime::WorkerPool& pool, const Config& config, Log& log);

  /// Once the server listens; does nothing where there is no certificate.
  void start();
  /// Reads them now, changed or not. Blocks; any thread but a shard's.
  bool reload();

 private:
  /// What tells one version of a file from the next.
  struct Stamp {
    ino_t inode = 0;
    off_t size = 0;
    std::array<std::int64_t, 2> changed = {};  // seconds and nanoseconds
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 2>;

  static Stamp stamp_of(const std::string& file);
  Stamps look() const;
  void wait();
  void check();

  Server& server_;
  runtime::WorkerPool& pool_;
  const TlsSettings settings_;
  Log& log_;
  Stamps seen_;
};

}  // namespace belfry::server
