#include "server/tls_reload.h"

namespace belfry::server {

// Looked at before the server reads them: what changes in between is seen as a change.
TlsReload::TlsReload(Server& server, runtime::WorkerPool& pool, const Config& config, Log& log)
    : server_(server), pool_(pool), settings_(config.tls), log_(log), seen_(look()) {}

void TlsReload::start() {
  const bool watched = settings_.enabled() && settings_.watch_ms.count() > 0;
  if (watched) server_.post_to(0, [this] { wait(); });
}

bool TlsReload::reload() {
  const auto loaded = server_.reload_tls();
  if (!loaded) {
    log_.error("tls", "the certificate cannot be loaded, the old one holds",
               {{"error", loaded.error().text()}});
  }
  return loaded.has_value();
}

TlsReload::Stamp TlsReload::stamp_of(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_size, {status.st_mtim.tv_sec, status.st_mtim.tv_nsec}};
}

TlsReload::Stamps TlsReload::look() const {
  return {stamp_of(settings_.cert_file), stamp_of(settings_.key_file)};
}

void TlsReload::wait() {
  server_.after(settings_.watch_ms, [this] { check(); });
}

void TlsReload::check() {
  const Stamps now = look();
  if (now == seen_) return wait();
  const auto task = [this, now] {
    const bool loaded = reload();
    server_.post_to(0, [this, now, loaded] {
      if (loaded) seen_ = now;
      wait();
    });
  };
  if (!pool_.post(task)) wait();
}

}  // namespace belfry::server
