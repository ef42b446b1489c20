#include "server/config_check.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "apps/health/topics.h"
#include "core/ids.h"
#include "server/apps.h"
#include "server/cluster.h"
#include "server/database_name.h"
#include "server/limits.h"
#include "server/redis_options.h"
#include "smtp/address.h"
#include "smtp/client.h"

namespace belfry::server {
namespace {

/// Bits of an address of that text: 32, 128, or 0 where it is none.
int address_bits(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return 32;
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return 128;
  return 0;
}

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") || host == "::1";
}

/// `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`.
bool is_network(std::string_view text) {
  const auto slash = text.find('/');
  const int bits = address_bits(std::string(text.substr(0, slash)));
  if (bits == 0 || slash == std::string_view::npos) return bits != 0;
  int prefix = -1;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + slash + 1, last, prefix);
  return error == std::errc{} && end == last && prefix >= 0 && prefix <= bits;
}

/// `https://host[:port]`, without path.
bool is_origin(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return false;
  const std::string_view host = text.substr(scheme + 3);
  return !host.empty() && host.find_first_of("/?# \t@") == std::string_view::npos;
}

bool is_web_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

}  // namespace

std::optional<unsigned> unix_mode_of(const ServerSettings& settings) {
  constexpr unsigned kAll = 0777;
  constexpr int kOctal = 8;
  const std::string& text = settings.unix_mode;
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, kOctal);
  if (error != std::errc{} || end != text.data() + text.size() || mode > kAll) return std::nullopt;
  return mode;
}

namespace {

class Check {
 public:
  Check(Config& config, const std::vector<std::string>& extra_apps)
      : config_(config), extra_apps_(extra_apps) {}

  std::vector<std::string> run() {
    check_host();
    check_listening();
    check_cluster();
    check_networks("server.trusted_proxies", config_.server.trusted_proxies);
    check_networks("limits.exempt", config_.limits.exempt);
    check_event_rates();
    check_origins();
    check_back_ends();
    check_redis();
    check_keys();
    check_mail();
    check_cookie();
    if (const auto topics = health::TopicRules::parse(config_.health.topic_roles); !topics) {
      problem("health.topic_roles", topics.error().message);
    }
    const std::string& root = config_.server.root_app;
    if (!root.empty() && !is_own_app(root) && std::ranges::find(extra_apps_, root) == extra_apps_.end()) {
      problem("server.root_app", "must name an app, but there is no '" + root + "'");
    }
    const std::string& url = config_.server.public_url;
    if (!url.empty() && !is_web_url(url)) {
      problem("server.public_url", "must begin with http:// or https://");
    }
    if (config_.server.data_dir.empty()) problem("server.data_dir", "must not be empty");
    if (config_.auth.jwt_algorithms.empty()) problem("auth.jwt_algorithms", "must name at least one");
    return std::move(problems_);
  }

 private:
  void check_host() {
    ServerSettings& server = config_.server;
    if (server.host == "localhost") server.host = "127.0.0.1";
    if (server.dev && !config_.set_by.contains("server.host")) server.host = "127.0.0.1";
    if (address_bits(server.host) == 0) {
      problem("server.host", "must be an IP address or localhost");
    } else if (server.dev && !is_loopback(server.host)) {
      problem("server.host", "must be a loopback address in dev mode");
    }
  }

  void check_listening() {
    const ServerSettings& server = config_.server;
    if (!server.tcp && server.unix_socket.empty()) {
      problem("server.tcp", "must be true where server.unix_socket is not set");
    }
    if (!unix_mode_of(server)) problem("server.unix_mode", "must be permissions in octal, such as 0660");
    const TlsSettings& tls = config_.tls;
    const std::string together = "must be set too: certificate and key belong together";
    if (tls.cert_file.empty() && !tls.key_file.empty()) problem("tls.cert_file", together);
    if (!tls.cert_file.empty() && tls.key_file.empty()) problem("tls.key_file", together);
  }

  void check_cluster() {
    constexpr std::size_t kMinSecretBytes = 16;
    const ClusterSettings& cluster = config_.cluster;
    if (const auto peers = read_peers(cluster.peers); !peers) {
      problem("cluster.peers", peers.error().message);
    } else if (peers->contains(cluster.node)) {
      problem("cluster.peers", "holds this node itself");
    }
    if (!cluster.secret.empty() && cluster.secret.size() < kMinSecretBytes) {
      problem("cluster.secret", "must be at least 16 bytes");
    }
    if (!cluster.node.empty() && !is_node_tag(cluster.node)) {
      problem("cluster.node", "must be 1 to 16 letters, digits, _ and -");
    }
    if (cluster.listen == kListenOff || cluster.listen == kListenAuto) return;
    if (!net::read_peer_address(cluster.listen)) problem("cluster.listen", "must be host:port, auto or off");
    if (cluster.node.empty() && !config_.redis.enabled()) {
      problem("cluster.node", "must be set where cluster.listen is, and there is no Redis");
    }
  }

  void check_networks(std::string_view key, const std::vector<std::string>& networks) {
    for (const std::string& network : networks) {
      if (network != kUnixPeer && !is_network(network))
        problem(key, "holds '" + network + "', which is no address or network");
    }
  }

  void check_event_rates() {
    for (const std::string& text : config_.limits.event_rates) {
      if (const auto rate = read_event_rate(text); !rate) {
        problem("limits.event_rates", rate.error().message);
      }
    }
  }

  void check_origins() {
    for (std::string& origin : config_.cors.origins) {
      while (origin.ends_with('/')) origin.pop_back();
      if (origin != "*" && !is_origin(origin)) {
        problem("cors.origins", "holds '" + origin + "', which is no origin such as https://app.example.org");
      }
    }
  }

  void check_keys() {
    const AuthSettings& auth = config_.auth;
    const bool asymmetric = std::ranges::any_of(
        auth.jwt_algorithms, [](const std::string& name) { return !name.starts_with("HS"); });
    if (asymmetric && !auth.has_public_keys()) {
      problem("auth.jwt_algorithms",
              "names one that needs a public key: set jwt_public_key_file, jwks_file or jwks_url");
    }
    if (!auth.jwks_file.empty() && !auth.jwks_url.empty()) {
      problem("auth.jwks_url", "must not be set together with auth.jwks_file");
    }
    if (!auth.jwks_url.empty() && !is_web_url(auth.jwks_url)) {
      problem("auth.jwks_url", "must begin with http:// or https://");
    }
  }

  void check_mail() {
    const MailSettings& mail = config_.mail;
    if (!mail.smtp_url.empty()) {
      if (const auto good = smtp::check_url(mail.smtp_url); !good) {
        problem("mail.smtp_url", good.error().message);
      }
    }
    if (!smtp::parse_mailbox(mail.from)) problem("mail.from", "must be an address, or Name <address>");
  }

  void check_cookie() {
    const HttpSettings& http = config_.http;
    const auto is_mark = [](char c) { return c <= ' ' || c >= '\x7f' || c == ';'; };
    if (http.cookie.find_first_of("()<>@,;:\\\"/[]?={}") != std::string::npos ||
        std::ranges::any_of(http.cookie, is_mark)) {
      problem("http.cookie", "must be a name of letters, digits, - and _");
    }
    if (std::ranges::any_of(http.cookie_path, is_mark)) problem("http.cookie_path", "must be a path");
    if (http.cookie_same_site == "none" && !http.cookie_secure) {
      problem("http.cookie_same_site", "is none, which browsers take with http.cookie_secure only");
    }
  }

  void check_back_ends() {
    if (const auto good = check_database(config_.database()); !good) {
      problem("store.database", good.error().message);
    }
  }

  void check_redis() {
    const RedisSettings& redis = config_.redis;
    const auto is_name = [](const std::string& text, std::string_view more) {
      return std::ranges::all_of(text, [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || more.find(c) != more.npos;
      });
    };
    if (!is_name(redis.prefix, "-_") || redis.prefix.empty()) {
      problem("redis.prefix", "must be of letters, digits, - and _");
    }
    if (!redis.enabled()) return;
    if (const auto good = redis_options(redis); !good) problem("redis.url", good.error().text());
  }

  void problem(std::string_view key, const std::string& what) {
    const auto source = config_.set_by.find(key);
    const std::string where = source == config_.set_by.end() ? "default" : source->second;
    problems_.push_back(where + ": " + std::string(key) + " " + what);
  }

  Config& config_;
  const std::vector<std::string>& extra_apps_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> check_config(Config& config, const std::vector<std::string>& extra_apps) {
  return Check(config, extra_apps).run();
}

}  // namespace belfry::server
