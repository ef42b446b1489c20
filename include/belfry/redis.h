// Where a Redis deployment is, and how it is used.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"

namespace belfry {

/// What stands at the addresses: a server, the Sentinels that name the master, or nodes of a cluster.
enum class RedisKind : std::uint8_t { server, sentinel, cluster };

struct RedisAddress {
  std::string host;           ///< a name, an IP address, or the path of a Unix socket (begins with `/`)
  std::uint16_t port = 6379;  ///< not of a Unix socket

  /// As logs show it: `host:port`, `[::1]:port`, or the path.
  std::string text() const;
  auto operator<=>(const RedisAddress&) const = default;
};

/// A value. `password` and `sentinel_password` are secrets: nothing of ours logs them.
struct RedisOptions {
  RedisKind kind = RedisKind::server;
  std::vector<RedisAddress> addresses = {
      {"127.0.0.1", 6379}};            ///< of a server: one; else the first that answers serves
  std::string master_name;             ///< what the Sentinels call the master
  std::string user;                    ///< an ACL user; empty: the default one
  std::string password;                ///< empty: none
  int database = 0;                    ///< of a server or a master; a cluster has 0 only
  std::string sentinel_user;           ///< as above, for the Sentinels themselves
  std::string sentinel_password;       ///< empty: none
  std::string client_name = "belfry";  ///< what CLIENT LIST shows; no spaces

  bool tls = false;             ///< for Sentinels, too
  std::string tls_ca_file;      ///< PEM, who may have signed; empty: whom the system trusts
  bool tls_verify = true;       ///< whether certificate and name are checked
  std::string tls_server_name;  ///< that the certificate must have; empty: the host's name

  std::chrono::milliseconds connect_timeout{5'000};  ///< from the look-up of the name to readiness
  std::chrono::milliseconds command_timeout{5'000};  ///< for an answer; past it the connection is made anew
  std::chrono::milliseconds reconnect_base{100};     ///< the pause before the second attempt; then doubled
  std::chrono::milliseconds reconnect_max{5'000};    ///< the longest pause
  double reconnect_jitter = 0.5;                     ///< 0 to 1: how much of a pause chance takes off at most
  std::size_t max_queued_bytes = 16u << 20;          ///< of commands not sent yet; past it they fail at once
  std::chrono::milliseconds max_queued_time{5'000};  ///< that a command waits to be sent; past it it fails
  std::chrono::milliseconds probe_interval{5'000};   ///< between two looks at whether subscriptions work
  std::size_t max_reply_bytes = 64u << 20;           ///< of one answer; past it the connection is closed
};

/// Reads `redis://[user[:password]@]host[:port][/database]`, `unix://[user[:password]@]/path[?db=database]`,
/// `redis+sentinel://[user[:password]@]host[:port][,host[:port]…]/master-name[/database]` (ports default to
/// 26379) and `redis+cluster://[user[:password]@]host[:port][,host[:port]…]`. `rediss` in the place of
/// `redis` is TLS. User, password, names and paths may be percent-encoded. Fails with `invalid` naming the
/// part
/// (`scheme`, `user`, `password`, `host`, `port`, `master`, `database`, `query`), and never shows any of it.
Result<RedisOptions> parse_redis_url(std::string_view url);

}  // namespace belfry
