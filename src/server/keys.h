// The keys that tokens are checked with: fixed ones, and sets that are read again as they change.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auth/jwt.h"
#include "auth/keys.h"
#include "belfry/log.h"
#include "belfry/server.h"
#include "runtime/worker_pool.h"
#include "server/config.h"

namespace belfry::server {

/// What the configuration says of keys.
struct Keys {
  std::vector<auth::Algorithm> algorithms;
  std::vector<std::shared_ptr<const auth::VerifyKey>> fixed;   ///< the secret, the key in PEM
  std::vector<std::shared_ptr<const auth::VerifyKey>> listed;  ///< of the JWKS file, as it was at first
};

/// Fails with what is wrong with a file.
Result<Keys> load_keys(const Config& config, const std::string& secret);
std::shared_ptr<const auth::KeySet> key_set(const Keys& keys);

/// Reads the JWKS file or URL again: a URL at an interval, a file when it has changed, and either when a
/// token names a key that is not known, but no more often than every `kPause`. Keys that cannot be read leave
/// the old ones in force. Owned by the wiring, as long as the server; its state belongs to shard 0.
class KeyRefresh {
 public:
  static constexpr std::chrono::seconds kPause{1};

  KeyRefresh(Server& server, runtime::WorkerPool& pool, auth::TokenVerifier& verifier, Keys keys,
             const Config& config, Log& log);

  /// Once the server listens; does nothing where nothing is to be read.
  void start();
  /// On a shard: `done` follows there, once the keys are as new as they can be.
  void ask(std::function<void()> done);

 private:
  void tick();
  bool file_changed();
  void read();
  void finish(const Result<std::string>& text);

  Server& server_;
  runtime::WorkerPool& pool_;
  auth::TokenVerifier& verifier_;
  Keys keys_;
  const std::string file_;
  const std::string url_;
  const std::chrono::seconds interval_;
  Log& log_;
  bool reading_ = false;
  bool planned_ = false;  // to be read once the pause is over
  std::filesystem::file_time_type file_time_;
  std::optional<TimePoint> began_;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace belfry::server
