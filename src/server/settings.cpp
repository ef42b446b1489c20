#include "server/settings.h"

#include <algorithm>
#include <iterator>

#include "server/setting_rows.h"

namespace belfry::server {
namespace {

std::vector<Setting> server_settings() {  // NOLINT(readability-function-size): a table
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
       .key = "tcp",
       .field = at<&C::server, &ServerSettings::tcp>,
       .doc = "Whether to listen on `host` and `port`; without it `unix_socket` must be set."},
      {.section = "server",
       .key = "unix_socket",
       .field = at<&C::server, &ServerSettings::unix_socket>,
       .doc =
           "Path of a Unix socket to listen at as well, plain HTTP for a proxy on the same machine; at most "
           "103 bytes. One that a dead server has left is replaced, and the file goes when the server stops. "
           "The address of its clients is `unix`, which `trusted_proxies` may name."},
      {.section = "server",
       .key = "unix_mode",
       .field = at<&C::server, &ServerSettings::unix_mode>,
       .doc = "Permissions of that file, in octal."},
      {.section = "server",
       .key = "proxy_protocol",
       .field = at<&C::server, &ServerSettings::proxy_protocol>,
       .doc = "Every connection must begin with a PROXY header, version 1 or 2, whose address counts as the "
              "client's; all others are closed. Only where nobody but the proxy reaches the server."},
      {.section = "server",
       .key = "handshake_timeout_ms",
       .field = at<&C::server, &ServerSettings::handshake_timeout_ms>,
       .doc =
           "Time for a new connection's PROXY header and TLS handshake together, after which it is closed.",
       .min = 1,
       .max = kDayMs},
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
       .doc = "App that is mounted on the namespace `/` as well: health, care, household, groups or inbox."},
      {.section = "server",
       .key = "dev",
       .field = at<&C::server, &ServerSettings::dev>,
       .doc = "Adds the demo pages and `POST /dev/token`, and allows any localhost origin. Loopback only."},
      {.section = "server",
       .key = "web_dir",
       .field = at<&C::server, &ServerSettings::web_dir>,
       .doc = "Folder of the reference, the stock client and the demo pages of `dev`; empty: `web` beside "
              "the program, or where it was installed."},
      {.section = "server",
       .key = "trusted_proxies",
       .field = at<&C::server, &ServerSettings::trusted_proxies>,
       .doc = "Addresses or networks (`10.0.0.0/8`) whose forwarded-for header is believed; `unix`: whoever "
              "comes by the Unix socket."},
      {.section = "server",
       .key = "ready_off_ms",
       .field = at<&C::server, &ServerSettings::ready_off_ms>,
       .doc = "When the server stops, how long `/readyz` is 503 before anything else happens: as long as a "
              "load balancer takes to notice.",
       .max = kDayMs},
      {.section = "server",
       .key = "drain_ms",
       .field = at<&C::server, &ServerSettings::drain_ms>,
       .doc = "Longest time that a graceful stop takes from then on.",
       .max = kDayMs},
      {.section = "server",
       .key = "drain_spread_ms",
       .field = at<&C::server, &ServerSettings::drain_spread_ms>,
       .doc = "Of that, the longest time over which clients are moved away, each at a moment of its own; few "
              "clients take less, 20 ms each.",
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
      {.section = "server",
       .key = "connections_per_minute",
       .field = at<&C::server, &ServerSettings::connections_per_minute>,
       .doc = "Connection attempts to all apps together in any 60 s, per address; 0: no bound."},
      {.section = "server",
       .key = "public_url",
       .field = at<&C::server, &ServerSettings::public_url>,
       .doc = "Where the server is reached from outside, such as `https://chat.example.org`; with `https` "
              "its cookie is for HTTPS only."},
      {.section = "server",
       .key = "ready_needs_redis",
       .field = at<&C::server, &ServerSettings::ready_needs_redis>,
       .doc = "Whether `/readyz` is 503 while Redis is away; else it is 200 and names it as degraded."},
      {.section = "server",
       .key = "allow_eio3",
       .field = at<&C::server, &ServerSettings::allow_eio3>,
       .doc = "Serves clients of Socket.IO 1 and 2 (Engine.IO 3) too, which are refused otherwise."},
      {.section = "server",
       .key = "parser",
       .field = at<&C::server, &ServerSettings::parser>,
       .doc =
           "How packets are written; with `msgpack` clients need the parser of `socket.io-msgpack-parser`.",
       .choices = {"json", "msgpack"}},
      {.section = "cors",
       .key = "origins",
       .field = at<&C::cors, &CorsSettings::origins>,
       .doc = "Origins besides the server's own that browsers may come from, such as "
              "`https://app.example.org`; `*` allows all.",
       .variables = {"CORS_ORIGINS", "ALLOWED_ORIGINS", "FRONTEND_URL"}},
      {.section = "recovery",
       .key = "enabled",
       .field = at<&C::recovery, &RecoverySettings::enabled>,
       .doc =
           "Whether a client that lost its connection goes on with its session and gets what it has missed "
           "(connection state recovery). Every event then has an offset as an additional last argument."},
      {.section = "recovery",
       .key = "max_disconnection_ms",
       .field = at<&C::recovery, &RecoverySettings::max_disconnection_ms>,
       .doc = "How long a session waits for its client.",
       .min = 1,
       .max = kDayMs},
      {.section = "recovery",
       .key = "max_log_bytes",
       .field = at<&C::recovery, &RecoverySettings::max_log_bytes>,
       .doc =
           "Bytes of events that are kept, per namespace and shard; the oldest go first. Who has missed one "
           "that is gone begins a new session.",
       .min = 1,
       .max = 1LL << 30},
      {.section = "recovery",
       .key = "max_sessions",
       .field = at<&C::recovery, &RecoverySettings::max_sessions>,
       .doc = "Sessions that wait for their clients, per namespace and shard; the oldest go first.",
       .min = 1},
      {.section = "recovery",
       .key = "max_kept_replies",
       .field = at<&C::recovery, &RecoverySettings::max_kept_replies>,
       .doc =
           "Acknowledgements that are kept per session, so that an event that is sent again with its id is "
           "done once.",
       .min = 1},
      {.section = "recovery",
       .key = "max_kept_reply_bytes",
       .field = at<&C::recovery, &RecoverySettings::max_kept_reply_bytes>,
       .doc = "Bytes of these acknowledgements per session; the oldest go first.",
       .min = 0,
       .max = 1LL << 30},
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
       .doc =
           "Algorithms that a token may be signed with. Where a public key or a key set is given and this is "
           "not, RS256, ES256 and EdDSA are allowed too.",
       .choices = {"HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"}},
      {.section = "auth",
       .key = "jwt_public_key_file",
       .field = at<&C::auth, &AuthSettings::jwt_public_key_file>,
       .doc = "File with a public key in PEM that tokens may be signed for."},
      {.section = "auth",
       .key = "jwks_file",
       .field = at<&C::auth, &AuthSettings::jwks_file>,
       .doc = "File with a JSON Web Key Set; read again as it changes."},
      {.section = "auth",
       .key = "jwks_url",
       .field = at<&C::auth, &AuthSettings::jwks_url>,
       .doc = "Where a JSON Web Key Set is read from; not together with `jwks_file`."},
      {.section = "auth",
       .key = "jwks_refresh_s",
       .field = at<&C::auth, &AuthSettings::jwks_refresh_s>,
       .doc = "Seconds after which the key set of a URL is read again; a token with an unknown key has it "
              "read at once.",
       .min = 1,
       .max = kDayMs / 1000},
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
      {.section = "auth",
       .key = "expiry_grace_ms",
       .field = at<&C::auth, &AuthSettings::expiry_grace_ms>,
       .doc = "Time from `auth:expired` to the disconnect of a socket whose credentials are not refreshed.",
       .max = kDayMs},
      {.section = "auth",
       .key = "registration",
       .field = at<&C::auth, &AuthSettings::registration>,
       .doc = "Whether anybody may register with an email and a password."},
      {.section = "auth",
       .key = "logins_per_minute",
       .field = at<&C::auth, &AuthSettings::logins_per_minute>,
       .doc = "Tries to register or sign in, in any 60 s, per address and per email.",
       .min = 1},
      {.section = "auth",
       .key = "session_ttl_s",
       .field = at<&C::auth, &AuthSettings::session_ttl_s>,
       .doc = "Seconds that a session holds after signing in.",
       .min = 1},
      {.section = "auth",
       .key = "token_ttl_s",
       .field = at<&C::auth, &AuthSettings::token_ttl_s>,
       .doc = "Seconds that a token holds which signing in gives.",
       .min = 1},
      {.section = "mail",
       .key = "smtp_url",
       .field = at<&C::mail, &MailSettings::smtp_url>,
       .doc = "Mail server, such as `smtp://user:password@mail.example.org:587` (TLS by STARTTLS) or "
              "`smtps://…:465` (TLS from the start); special characters as `%xx`. Empty: no mail is queued.",
       .variables = {"SMTP_URL"},
       .secret = true},
      {.section = "mail",
       .key = "from",
       .field = at<&C::mail, &MailSettings::from>,
       .doc = "Sender: an address, or `Name <address>`."},
      {.section = "mail",
       .key = "retry_base_ms",
       .field = at<&C::mail, &MailSettings::retry_base_ms>,
       .doc = "First pause between two tries of one mail; doubled after each of at most ten, a fifth more or "
              "less.",
       .min = 1,
       .max = kDayMs},
      {.section = "mail",
       .key = "connect_timeout_ms",
       .field = at<&C::mail, &MailSettings::connect_timeout_ms>,
       .doc = "Time until the mail server must have greeted and let us in.",
       .min = 1,
       .max = kDayMs},
      {.section = "mail",
       .key = "timeout_ms",
       .field = at<&C::mail, &MailSettings::timeout_ms>,
       .doc = "Time for one try of one mail. Another node may take over a mail of one that died after 10 s "
              "more.",
       .min = 1,
       .max = kDayMs},
      {.section = "mail",
       .key = "starttls",
       .field = at<&C::mail, &MailSettings::starttls>,
       .doc = "With `smtp://`: TLS where it is offered, or required, or never.",
       .choices = {"try", "require", "off"}},
      {.section = "mail",
       .key = "verify_tls",
       .field = at<&C::mail, &MailSettings::verify_tls>,
       .doc = "Where the mail server's certificate must hold: `remote` is everywhere but at a loopback "
              "address, where nobody stands between.",
       .choices = {"remote", "always", "never"}},
      {.section = "mail",
       .key = "ca_file",
       .field = at<&C::mail, &MailSettings::ca_file>,
       .doc = "PEM file of those who may have signed that certificate, or of a self-signed one; empty: the "
              "system's."},
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
  static const std::vector<Setting> table = [] {
    std::vector<Setting> rows = server_settings();
    const auto behind =
        std::ranges::find_if(rows, [](const Setting& row) { return row.section != "server"; });
    const auto outgoing = outgoing_settings();
    rows.insert(behind, outgoing.begin(), outgoing.end());
    std::ranges::move(store_settings(), std::back_inserter(rows));
    std::ranges::move(cluster_settings(), std::back_inserter(rows));
    std::ranges::move(redis_settings(), std::back_inserter(rows));
    std::ranges::move(tls_settings(), std::back_inserter(rows));
    std::ranges::move(http_settings(), std::back_inserter(rows));
    std::ranges::move(limit_settings(), std::back_inserter(rows));
    std::ranges::move(app_settings(), std::back_inserter(rows));
    return rows;
  }();
  return table;
}

const Setting* find_setting(std::string_view name) {
  const auto found = std::ranges::find_if(settings(), [&](const Setting& s) { return s.name() == name; });
  return found == settings().end() ? nullptr : &*found;
}

}  // namespace belfry::server
