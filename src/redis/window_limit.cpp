#include "redis/window_limit.h"

#include <openssl/evp.h>

#include <array>
#include <utility>

namespace belfry::redis {

namespace {

// Answers 0 for a pass, else in how many milliseconds there may be one.
constexpr const char* kScript = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local most, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], most - 1)
if oldest and now - oldest < window then return oldest + window - now end
redis.call('LPUSH', KEYS[1], string.format('%d', now))
redis.call('LTRIM', KEYS[1], 0, most - 1)
redis.call('PEXPIRE', KEYS[1], window)
return 0
)lua";

std::string sha1_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

Result<WindowLimit::Verdict> verdict_of(const Result<Reply>& reply) {
  if (!reply) return std::unexpected(reply.error());
  if (reply->kind != Reply::Kind::integer) return fail(ErrorKind::malformed, "No answer of a limit");
  return WindowLimit::Verdict{.passed = reply->integer == 0,
                              .retry_after = std::chrono::milliseconds(reply->integer)};
}

}  // namespace

WindowLimit::WindowLimit(Client& client) : client_(client), digest_(sha1_hex(kScript)) {}

// By its digest; a Redis that does not know the script yet is sent the whole.
void WindowLimit::take(const std::string& key, std::size_t max_times, std::chrono::milliseconds window,
                       std::function<void(Result<Verdict>)> done) const {
  Command command{"EVALSHA", digest_, "1", key, std::to_string(max_times), std::to_string(window.count())};
  client_.send(command, [this, command, done = std::move(done)](const Result<Reply>& reply) mutable {
    if (reply || !reply.error().message.contains("NOSCRIPT")) return done(verdict_of(reply));
    command[0] = "EVAL";
    command[1] = kScript;
    client_.send(std::move(command),
                 [done = std::move(done)](const Result<Reply>& whole) { done(verdict_of(whole)); });
  });
}

}  // namespace belfry::redis
