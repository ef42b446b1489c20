// The program's settings. What each means, its range and its names stand in one table: settings.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/log.h"
#include "belfry/result.h"

namespace belfry::server {

using std::chrono::milliseconds;

struct ServerSettings {
  std::string host = "0.0.0.0";
  int port = 8080;
  bool tcp = true;
  std::string unix_socket;
  std::string unix_mode = "0660";
  bool proxy_protocol = false;
  milliseconds handshake_timeout_ms{10'000};
  int threads = 0;
  std::string data_dir = "belfry-data";
  std::string root_app = "health";
  bool dev = false;
  std::string web_dir;
  std::vector<std::string> trusted_proxies;
  milliseconds ready_off_ms{0};
  milliseconds drain_ms{10'000};
  milliseconds drain_spread_ms{5'000};
  milliseconds ping_interval_ms{25'000};
  milliseconds ping_timeout_ms{20'000};
  milliseconds connect_timeout_ms{45'000};
  std::size_t max_payload_bytes = 1'000'000;
  std::size_t max_buffered_bytes = 16u << 20;
  std::size_t drain_mark_bytes = 1u << 20;
  milliseconds write_timeout_ms{30'000};
  milliseconds unacknowledged_timeout_ms{60'000};
  int connections_max = 100'000;
  int connections_per_minute = 0;
  std::string public_url;
  bool allow_eio3 = false;
  std::string parser = "json";
  bool ready_needs_redis = false;
};

struct TlsSettings {
  std::string cert_file;
  std::string key_file;
  milliseconds watch_ms{10'000};

  bool enabled() const { return !cert_file.empty(); }
};

struct ClusterSettings {
  std::string node;
  std::string listen = "auto";
  std::vector<std::string> peers;
  std::string secret;
  milliseconds connect_timeout_ms{2'000};
  int forwards_max = 10'000;
};

struct HttpSettings {
  bool serve_client = true;
  milliseconds header_timeout_ms{20'000};
  milliseconds request_timeout_ms{60'000};
  std::size_t min_body_bytes_per_s = 240;
  milliseconds body_grace_ms{5'000};
  milliseconds keep_alive_timeout_ms{65'000};
  std::size_t max_header_bytes = 16'384;
  std::size_t max_pipelined_bytes = 65'536;
  std::string cookie;
  std::string cookie_path = "/";
  std::string cookie_same_site = "lax";
  bool cookie_secure = false;
  int cookie_max_age_s = 0;
};

struct DeflateSettings {
  bool enabled = false;
  std::size_t threshold_bytes = 1'024;
  bool context_takeover = false;
  int window_bits = 15;
  int memory_level = 8;
  int level = 6;
  std::size_t contexts_max = 1'000;
  std::size_t context_bytes_max = 64u << 20;
};

struct LimitSettings {
  int connections_per_address = 10'000;
  int connects_per_second = 500;
  int connects_burst = 5'000;
  int sessions_per_address = 10'000;
  int handshakes_per_second = 200;
  int handshakes_burst = 5'000;
  std::vector<std::string> exempt = {"127.0.0.0/8",    "::1",     "10.0.0.0/8", "172.16.0.0/12",
                                     "192.168.0.0/16", "fc00::/7"};
  int addresses_max = 100'000;
  int half_open_max = 8'192;
  int messages_per_second = 1'000;
  int messages_burst = 5'000;
  int bytes_per_second = 4'000'000;
  int bytes_burst = 16'000'000;
  int socket_messages_per_second = 0;
  int socket_messages_burst = 0;
  int socket_bytes_per_second = 0;
  int socket_bytes_burst = 0;
  int user_messages_per_second = 2'000;
  int user_messages_burst = 10'000;
  int user_bytes_per_second = 8'000'000;
  int user_bytes_burst = 32'000'000;
  std::vector<std::string> event_rates;
  milliseconds throttled_max_ms{60'000};
  int namespaces_max = 1'000;
  int rooms_max = 10'000;
  int room_name_max_bytes = 4'096;
  int event_name_max_bytes = 65'536;
  int attachments_max_bytes = 0;
  int waiting_events_max = 1'000;
  int acks_max = 10'000;
};

struct CorsSettings {
  std::vector<std::string> origins = {"http://localhost:3000"};
};

struct RecoverySettings {
  bool enabled = false;
  milliseconds max_disconnection_ms{120'000};
  std::size_t max_log_bytes = 4u << 20;
  int max_sessions = 10'000;
  int max_kept_replies = 256;
  std::size_t max_kept_reply_bytes = 65'536;
};

struct AuthSettings {
  std::string jwt_secret;
  std::vector<std::string> jwt_algorithms = {"HS256", "HS384", "HS512"};
  std::string jwt_public_key_file;
  std::string jwks_file;
  std::string jwks_url;
  int jwks_refresh_s = 300;
  std::string issuer;
  std::string audience;
  std::vector<std::string> api_keys;
  milliseconds expiry_grace_ms{60'000};
  bool registration = true;
  int logins_per_minute = 10;
  int session_ttl_s = 30 * 24 * 3600;
  int token_ttl_s = 3'600;

  bool has_public_keys() const {
    return !jwt_public_key_file.empty() || !jwks_file.empty() || !jwks_url.empty();
  }
};

struct StoreSettings {
  std::string database;
  milliseconds connect_timeout_ms{3'000};
  milliseconds statement_timeout_ms{5'000};
  milliseconds lock_timeout_ms{5'000};
  milliseconds idle_transaction_timeout_ms{10'000};
  milliseconds keepalive_ms{10'000};
  milliseconds outbox_poll_ms{250};
  milliseconds outbox_keep_ms{600'000};
  milliseconds outbox_wait_ms{2'000};
  int queue_max = 100'000;
  int retention_days = 0;
};

struct RedisSettings {
  std::string url;
  std::string host;
  int port = 6379;
  std::string password;
  std::string ca_file;
  std::string prefix = "belfry";
  std::string adapter = "classic";
  std::string adapter_key = "socket.io";
  milliseconds connect_timeout_ms{5'000};
  milliseconds command_timeout_ms{5'000};
  milliseconds reconnect_max_ms{5'000};
  std::size_t queue_max_bytes = 16u << 20;
  milliseconds queue_max_ms{5'000};
  milliseconds probe_ms{5'000};

  bool enabled() const { return !url.empty() || !host.empty(); }
};

struct PresenceSettings {
  milliseconds lease_ms{15'000};
};

struct MailSettings {
  std::string smtp_url;
  std::string from = "belfry@localhost";
  milliseconds retry_base_ms{30'000};
  milliseconds connect_timeout_ms{10'000};
  milliseconds timeout_ms{60'000};
  std::string starttls = "try";
  std::string verify_tls = "remote";
  std::string ca_file;
};

struct LogSettings {
  std::string level = "info";
  std::string format = "text";
  std::string file;
  std::string debug;
};

struct HealthSettings {
  int connections_per_minute = 30;
  int messages_per_minute = 60;
  int message_max_chars = 4'000;
  int attachments_max = 10;
  milliseconds typing_timeout_ms{5'000};
  std::vector<std::string> topic_roles;
  int calls_per_minute = 10;
  milliseconds ring_timeout_ms{30'000};
  milliseconds call_reconnect_ms{15'000};
  std::vector<std::string> ice_servers;
  std::vector<std::string> turn_urls;
  std::string turn_secret;
  int quality_packet_loss = 5;
  int quality_jitter = 30;
  int quality_rtt = 300;
  int quality_bitrate = 100;
};

struct HouseholdSettings {
  milliseconds typing_timeout_ms{5'000};
};

struct GroupsSettings {
  milliseconds email_window_ms{900'000};
  int messages_per_minute = 30;
  std::vector<std::string> attachment_types{"image/*", "application/pdf", "audio/*", "video/*"};
};

/// A value: everything that `serve` needs to know, checked. Constant once loaded.
struct Config {
  ServerSettings server;
  ClusterSettings cluster;
  TlsSettings tls;
  HttpSettings http;
  DeflateSettings deflate;
  LimitSettings limits;
  CorsSettings cors;
  RecoverySettings recovery;
  AuthSettings auth;
  StoreSettings store;
  RedisSettings redis;
  PresenceSettings presence;
  MailSettings mail;
  LogSettings log;
  HealthSettings health;
  HouseholdSettings household;
  GroupsSettings groups;
  /// By `section.key`, where a setting was given (`belfry.toml:3`, `environment PORT`); absent: the default
  /// holds.
  std::map<std::string, std::string, std::less<>> set_by;

  /// What `store.database` names, else `sqlite:` and `belfry.db` in the data directory.
  std::string database() const;
  LogOptions log_options() const;
};

/// The permissions that `unix_mode` names; none where it is no octal number up to 0777.
std::optional<unsigned> unix_mode_of(const ServerSettings& settings);

/// A text and the name to show in errors.
struct NamedText {
  std::string name;
  std::string text;
};

/// One setting given by a flag.
struct FlagValue {
  std::string flag;  ///< as typed, `--port`
  std::string key;   ///< `server.port`
  std::string value;
};

/// All that a configuration is made of, weakest first. Nothing else is read: no file, no process environment.
struct Sources {
  std::vector<NamedText> toml = {};  ///< none or one
  NamedText dotenv = {};             ///< `.env` of the working directory; empty where there is none
  std::map<std::string, std::string, std::less<>> environment = {};
  std::vector<FlagValue> flags = {};
  std::vector<std::string> extra_apps = {};  ///< names of apps that this program has besides its own
};

/// Fails with every problem found, one a line, each naming the source, the line where there is one, and the
/// key.
Result<Config> load_config(const Sources& sources);

/// The files and the environment of this process. Fails where `config_file` (empty: none) cannot be read.
Result<Sources> read_sources(const std::string& config_file, std::vector<FlagValue> flags);

/// The settings in force as TOML, secrets masked, each with where it comes from.
std::string config_text(const Config& config);
/// docs/configuration.md.
std::string configuration_page();

}  // namespace belfry::server
