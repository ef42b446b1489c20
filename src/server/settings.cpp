#include "server/settings.h"

#include <algorithm>

namespace belfry::server {
namespace {

/// The way to one field, as a plain function: `at<&Config::server, &ServerSettings::port>`.
template <auto kSection, auto kMember>
auto& at(Config& config) {
  return config.*kSection.*kMember;
}

constexpr long long kDayMs = 24LL * 3600 * 1000;

std::vector<Setting> make_settings() {  // NOLINT(readability-function-size): a table
  using C = Config;
  return {
      {.section = "server",
       .key = "host",
       .field = at<&C::server, &ServerSettings::host>,
       .doc = "Address to listen on: an IP address or `localhost`. With `dev` only loopback is allowed, and "
              "`127.0.0.1` is the default.",
       .variables = {"HOST"}},
      {.section = "server",
       .key = "port",
       .field = at<&C::server, &ServerSettings::port>,
       .doc = "TCP port to listen on; 0 takes any free one.",
       .max = 65535,
       .variables = {"PORT"}},
      {.section = "server",
       .key = "threads",
       .field = at<&C::server, &ServerSettings::threads>,
       .doc = "Shards, each a thread with its own event loop; 0 makes one a core.",
       .max = 256},
      {.section = "server",
       .key = "data_dir",
       .field = at<&C::server, &ServerSettings::data_dir>,
       .doc = "Folder of the embedded database and of the secret that `serve` makes; created where missing."},
      {.section = "server",
       .key = "root_app",
       .field = at<&C::server, &ServerSettings::root_app>,
       .doc = "App that is mounted on the namespace `/` as well.",
       .choices = {"health"}},
      {.section = "server",
       .key = "dev",
       .field = at<&C::server, &ServerSettings::dev>,
       .doc = "Adds the demo pages and `POST /dev/token`, and allows any localhost origin. Loopback only."},
      {.section = "server",
       .key = "web_dir",
       .field = at<&C::server, &ServerSettings::web_dir>,
       .doc =
           "Folder of the demo pages of `dev`; empty: `web` beside the program, or where it was installed."},
      {.section = "server",
       .key = "trusted_proxies",
       .field = at<&C::server, &ServerSettings::trusted_proxies>,
       .doc = "Addresses or networks (`10.0.0.0/8`) whose forwarded-for header is believed."},
      {.section = "server",
       .key = "drain_ms",
       .field = at<&C::server, &ServerSettings::drain_ms>,
       .doc = "Longest time that a graceful stop takes.",
       .max = kDayMs},
      {.section = "server",
       .key = "ping_interval_ms",
       .field = at<&C::server, &ServerSettings::ping_interval_ms>,
       .doc = "Time between two heartbeats of a connection.",
       .min = 1,
       .max = kDayMs},
      {.section = "server",
       .key = "ping_timeout_ms",
       .field = at<&C::server, &ServerSettings::ping_timeout_ms>,
       .doc = "Time for the answer to a heartbeat, after which the connection is closed.",
       .min = 1,
       .max = kDayMs},
      {.section = "server",
       .key = "connect_timeout_ms",
       .field = at<&C::server, &ServerSettings::connect_timeout_ms>,
       .doc = "Time in which a new connection must join a namespace.",
       .min = 1,
       .max = kDayMs},
      {.section = "server",
       .key = "max_payload_bytes",
       .field = at<&C::server, &ServerSettings::max_payload_bytes>,
       .doc = "Largest message or request body that is accepted.",
       .min = 1,
       .max = 1LL << 30},
      {.section = "server",
       .key = "connections_max",
       .field = at<&C::server, &ServerSettings::connections_max>,
       .doc = "Connections past which new handshakes get 503.",
       .min = 1},
      {.section = "cors",
       .key = "origins",
       .field = at<&C::cors, &CorsSettings::origins>,
       .doc = "Origins besides the server's own that browsers may come from, such as "
              "`https://app.example.org`; `*` allows all.",
       .variables = {"CORS_ORIGINS", "ALLOWED_ORIGINS", "FRONTEND_URL"}},
      {.section = "auth",
       .key = "jwt_secret",
       .field = at<&C::auth, &AuthSettings::jwt_secret>,
       .doc =
           "Secret of HMAC tokens. Where it is empty, a random one is made and kept in the data directory.",
       .variables = {"JWT_SECRET"},
       .secret = true},
      {.section = "auth",
       .key = "jwt_algorithms",
       .field = at<&C::auth, &AuthSettings::jwt_algorithms>,
       .doc = "Algorithms that a token may be signed with.",
       .choices = {"HS256", "HS384", "HS512"}},
      {.section = "auth",
       .key = "issuer",
       .field = at<&C::auth, &AuthSettings::issuer>,
       .doc = "What claim `iss` of a token must be; empty: anything."},
      {.section = "auth",
       .key = "audience",
       .field = at<&C::auth, &AuthSettings::audience>,
       .doc = "What claim `aud` of a token must be or contain; empty: anything."},
      {.section = "auth",
       .key = "api_keys",
       .field = at<&C::auth, &AuthSettings::api_keys>,
       .doc = "Keys for calls from other servers (`Authorization: Bearer <key>`).",
       .secret = true},
      {.section = "store",
       .key = "database",
       .field = at<&C::store, &StoreSettings::database>,
       .doc = "`sqlite:PATH`; empty: `belfry.db` in the data directory.",
       .variables = {"DATABASE_URL"}},
      {.section = "store",
       .key = "queue_max",
       .field = at<&C::store, &StoreSettings::queue_max>,
       .doc = "Units of work that may wait for the store; more are refused as unavailable.",
       .min = 1,
       .max = 10'000'000},
      {.section = "redis",
       .key = "url",
       .field = at<&C::redis, &RedisSettings::url>,
       .doc = "Must be empty: this build has no Redis yet.",
       .variables = {"REDIS_URL", "REDIS_HOST"},
       .secret = true},
      {.section = "log",
       .key = "level",
       .field = at<&C::log, &LogSettings::level>,
       .doc = "Least level that is written.",
       .choices = {"trace", "debug", "info", "warn", "error", "off"},
       .variables = {"LOG_LEVEL"}},
      {.section = "log",
       .key = "format",
       .field = at<&C::log, &LogSettings::format>,
       .doc = "One line a record, either way.",
       .choices = {"text", "json"}},
      {.section = "log",
       .key = "file",
       .field = at<&C::log, &LogSettings::file>,
       .doc = "File that records are appended to; empty: standard output."},
      {.section = "log",
       .key = "debug",
       .field = at<&C::log, &LogSettings::debug>,
       .doc = "Categories whose debug records are written, as in `belfry:*,-belfry:http`; `socket.io:*` "
              "means all of ours.",
       .variables = {"DEBUG"}},
      {.section = "health",
       .key = "connections_per_minute",
       .field = at<&C::health, &HealthSettings::connections_per_minute>,
       .doc = "Connection attempts to the app in any 60 s, per address.",
       .min = 1},
      {.section = "health",
       .key = "messages_per_minute",
       .field = at<&C::health, &HealthSettings::messages_per_minute>,
       .doc = "Messages in any 60 s, per user.",
       .min = 1},
      {.section = "health",
       .key = "message_max_chars",
       .field = at<&C::health, &HealthSettings::message_max_chars>,
       .doc = "Longest text of a message, in characters.",
       .min = 1,
       .max = 1'000'000},
      {.section = "health",
       .key = "attachments_max",
       .field = at<&C::health, &HealthSettings::attachments_max>,
       .doc = "Attachments of one message.",
       .max = 1'000},
      {.section = "health",
       .key = "typing_timeout_ms",
       .field = at<&C::health, &HealthSettings::typing_timeout_ms>,
       .doc = "Time after which typing that is not renewed stops by itself.",
       .min = 1,
       .max = kDayMs},
      {.section = "health",
       .key = "topic_roles",
       .field = at<&C::health, &HealthSettings::topic_roles>,
       .doc =
           "Topics that are not for everyone, with the roles that may follow them: `staff=provider+nurse`. "
           "Admins may follow all."},
  };
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  return out;
}

}  // namespace

std::string Setting::variable() const {
  return "BELFRY_" + upper(section) + "_" + upper(key);
}

std::span<const Setting> settings() {
  static const std::vector<Setting> table = make_settings();
  return table;
}

const Setting* find_setting(std::string_view name) {
  const auto found = std::ranges::find_if(settings(), [&](const Setting& s) { return s.name() == name; });
  return found == settings().end() ? nullptr : &*found;
}

}  // namespace belfry::server
