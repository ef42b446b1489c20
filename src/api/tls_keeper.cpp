#include "api/tls_keeper.h"

#include "core/clock.h"

namespace belfry {

TlsKeeper::TlsKeeper(const ServerOptions& options, Log& log)
    : files_{options.tls_cert_file, options.tls_key_file}, log_(log) {}

Result<void> TlsKeeper::load() {
  if (!wanted()) return fail(ErrorKind::invalid, "no certificate is configured");
  if (files_.cert_file.empty() || files_.key_file.empty()) {
    return fail(ErrorKind::invalid, "tls_cert_file and tls_key_file belong together");
  }
  auto loaded = net::TlsContext::load(files_);
  if (!loaded) return std::unexpected(loaded.error());
  const WallMs expires = (*loaded)->expires_s() * 1'000;
  const LogLevel level = expires > wall_now_ms() ? LogLevel::info : LogLevel::warn;
  log_.write(level, "tls",
             level == LogLevel::info ? "loaded a certificate" : "loaded a certificate that has expired",
             {{"file", files_.cert_file}, {"expires", iso_time(expires)}});
  context_.set(std::move(*loaded));
  return {};
}

std::int64_t TlsKeeper::expires_s() const {
  const auto context = context_.get();
  return context == nullptr ? 0 : context->expires_s();
}

}  // namespace belfry
