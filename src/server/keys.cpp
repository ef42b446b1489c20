#include "server/keys.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "apps/common/identity.h"
#include "auth/fetch.h"
#include "auth/public_key.h"

namespace belfry::server {

namespace {

// How often a file is looked at.
constexpr milliseconds kFileInterval{1'000};
// Callers that wait for new keys; more are not kept waiting.
constexpr std::size_t kWaitingMax = 10'000;

Result<std::string> read_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return fail(ErrorKind::unavailable, "cannot be read");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Of a URL what may be shown: it may hold a password, or a token.
std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::string host = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  return url.substr(0, begin) + host.substr(host.rfind('@') + 1);
}

Error about(const std::string& name, Error error) {
  error.message = name + " " + error.message;
  return error;
}

}  // namespace

Result<Keys> load_keys(const Config& config, const std::string& secret) {
  const AuthSettings& auth = config.auth;
  Keys keys;
  for (const std::string& name : auth.jwt_algorithms) {
    if (const auto algorithm = auth::algorithm_named(name)) keys.algorithms.push_back(*algorithm);
  }
  if (auth.has_public_keys() && !config.set_by.contains("auth.jwt_algorithms")) {
    keys.algorithms.insert(keys.algorithms.end(),
                           {auth::Algorithm::rs256, auth::Algorithm::es256, auth::Algorithm::eddsa});
  }
  keys.fixed.push_back(std::make_shared<auth::HmacKey>(secret));
  if (const std::string& name = auth.jwt_public_key_file; !name.empty()) {
    const auto text = read_file(name);
    if (!text) return std::unexpected(about(name, text.error()));
    auto key = auth::read_pem_key(*text);
    if (!key) return std::unexpected(about(name, key.error()));
    keys.fixed.push_back(std::move(*key));
  }
  if (const std::string& name = auth.jwks_file; !name.empty()) {
    const auto text = read_file(name);
    if (!text) return std::unexpected(about(name, text.error()));
    auto listed = auth::read_jwks(*text);
    if (!listed) return std::unexpected(about(name, listed.error()));
    keys.listed = std::move(*listed);
  }
  return keys;
}

std::shared_ptr<const auth::KeySet> key_set(const Keys& keys) {
  auto set = std::make_shared<auth::KeySet>(keys.algorithms);
  for (const auto& key : keys.fixed) set->add(key);
  for (const auto& key : keys.listed) set->add(key);
  return set;
}

KeyRefresh::KeyRefresh(Server& server, runtime::WorkerPool& pool, auth::TokenVerifier& verifier, Keys keys,
                       const Config& config, Log& log)
    : server_(server),
      pool_(pool),
      verifier_(verifier),
      keys_(std::move(keys)),
      file_(config.auth.jwks_file),
      url_(config.auth.jwks_url),
      interval_(config.auth.jwks_refresh_s),
      log_(log) {}

void KeyRefresh::start() {
  if (!file_.empty() || !url_.empty()) server_.post_to(0, [this] { tick(); });
}

void KeyRefresh::tick() {
  if (!reading_ && (file_.empty() || file_changed())) read();
  server_.after(file_.empty() ? milliseconds(interval_) : kFileInterval, [this] { tick(); });
}

bool KeyRefresh::file_changed() {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file_, error);
  return !error && std::exchange(file_time_, time) != time;
}

void KeyRefresh::ask(std::function<void()> done) {
  if (file_.empty() && url_.empty()) return done();
  const auto back = [post = apps::post_here(), done = std::move(done)] { post([done] { done(); }); };
  server_.post_to(0, [this, back] {
    if (waiting_.size() >= kWaitingMax) return back();
    waiting_.push_back(back);
    if (reading_ || std::exchange(planned_, true)) return;
    if (!file_.empty() && file_changed()) return read();
    const auto now = TimePoint::clock::now();
    const auto pause = began_ ? *began_ + kPause - now : TimePoint::duration(0);
    if (pause <= TimePoint::duration(0)) return read();
    server_.after(std::chrono::ceil<milliseconds>(pause), [this] {
      if (!reading_) read();
    });
  });
}

void KeyRefresh::read() {
  reading_ = true;
  planned_ = false;
  began_ = TimePoint::clock::now();
  const auto task = [this, post = apps::post_here()] {
    auto text = file_.empty() ? auth::fetch_text(url_) : read_file(file_);
    post([this, text = std::move(text)] { finish(text); });
  };
  if (!pool_.post(task)) finish(fail(ErrorKind::unavailable, "has to wait: too much is under way"));
}

void KeyRefresh::finish(const Result<std::string>& text) {
  reading_ = false;
  auto listed = text ? auth::read_jwks(*text) : std::unexpected(text.error());
  if (listed) {
    keys_.listed = std::move(*listed);
    verifier_.set_keys(key_set(keys_));
  } else {
    // So that it is read again, changed or not.
    file_time_ = {};
    log_.warn("auth", "the key set cannot be read",
              {{"from", file_.empty() ? host_of(url_) : file_}, {"error", listed.error().message}});
  }
  for (const auto& done : std::exchange(waiting_, {})) done();
}

}  // namespace belfry::server
