#include <charconv>
#include <optional>

#include "belfry/redis.h"
#include "net/peers.h"

namespace belfry {

namespace {

constexpr std::uint16_t kSentinelPort = 26'379;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> decode(std::string_view text, const char* part) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
    if (high < 0 || low < 0) return fail_field(part, "has a % that two hexadecimal digits do not follow");
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return out;
}

/// All of `text` as a number of that range.
std::optional<int> number(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) return {};
  return value;
}

/// Takes what stands before `mark` off the front of `text`, and the mark; all of it where there is none.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

Result<> read_credentials(std::string_view text, RedisOptions& out) {
  auto user = decode(take_until(text, ':'), "user");
  if (!user) return std::unexpected(user.error());
  auto password = decode(text, "password");
  if (!password) return std::unexpected(password.error());
  if (!user->empty() && password->empty()) return fail_field("password", "must follow the user");
  out.user = std::move(*user);
  out.password = std::move(*password);
  return {};
}

Result<RedisAddress> read_address(std::string_view text, std::uint16_t default_port) {
  std::string_view host;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return fail_field("host", "has a [ without its ]");
    host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!text.empty() && text.front() != ':') return fail_field("host", "has something behind its ]");
    if (!text.empty())
      text.remove_prefix(1);
    else
      text = {};
  } else {
    host = take_until(text, ':');
  }
  auto name = decode(host, "host");
  if (!name) return std::unexpected(name.error());
  if (name->empty() || name->front() == '/' || name->find_first_of(" \t\r\n") != std::string::npos) {
    return fail_field("host", "is missing or is no name");
  }
  if (text.empty()) return RedisAddress{std::move(*name), default_port};
  const auto port = number(text, 1, 65'535);
  if (!port) return fail_field("port", "must be a number from 1 to 65535");
  return RedisAddress{std::move(*name), static_cast<std::uint16_t>(*port)};
}

Result<> read_addresses(std::string_view text, RedisOptions& out) {
  const std::uint16_t default_port = out.kind == RedisKind::sentinel ? kSentinelPort : 6379;
  out.addresses.clear();
  do {
    const auto one = out.kind == RedisKind::server ? std::exchange(text, {}) : take_until(text, ',');
    auto address = read_address(one, default_port);
    if (!address) return std::unexpected(address.error());
    out.addresses.push_back(std::move(*address));
  } while (!text.empty());
  return {};
}

Result<> read_database(std::string_view text, RedisOptions& out) {
  if (text.empty()) return {};
  const auto database = number(text, 0, 1'000'000);
  if (!database) return fail_field("database", "must be a number from 0 on");
  if (out.kind == RedisKind::cluster && *database != 0) {
    return fail_field("database", "must be 0: a cluster has no other");
  }
  out.database = *database;
  return {};
}

Result<> read_scheme(std::string_view scheme, RedisOptions& out) {
  const std::string_view base = take_until(scheme, '+');
  out.tls = base == "rediss";
  if (base != "redis" && !out.tls) return fail_field("scheme", "must be redis, rediss or unix");
  if (scheme == "sentinel") {
    out.kind = RedisKind::sentinel;
  } else if (scheme == "cluster") {
    out.kind = RedisKind::cluster;
  } else if (!scheme.empty()) {
    return fail_field("scheme", "must have nothing, sentinel or cluster behind its +");
  }
  return {};
}

Result<> read_unix(std::string_view path, std::string_view query, RedisOptions& out) {
  auto decoded = decode(path, "host");
  if (!decoded) return std::unexpected(decoded.error());
  if (decoded->size() < 2 || decoded->front() != '/' || decoded->find('\0') != std::string::npos) {
    return fail_field("host", "must be the path of a Unix socket");
  }
  out.addresses = {{std::move(*decoded), 0}};
  if (query.empty()) return {};
  if (!query.starts_with("db=")) return fail_field("query", "may be db= alone");
  return read_database(query.substr(3), out);
}

Result<> read_path(std::string_view path, RedisOptions& out) {
  if (out.kind == RedisKind::sentinel) {
    auto name = decode(take_until(path, '/'), "master");
    if (!name) return std::unexpected(name.error());
    if (name->empty()) return fail_field("master", "must follow the addresses: /name");
    out.master_name = std::move(*name);
  }
  return read_database(path, out);
}

}  // namespace

std::string RedisAddress::text() const {
  if (host.starts_with('/')) return host;
  return net::PeerAddress{host, port}.text();
}

Result<RedisOptions> parse_redis_url(std::string_view url) {
  RedisOptions out;
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return fail_field("scheme", "must stand in front, with ://");
  const std::string_view scheme = url.substr(0, scheme_end);
  url.remove_prefix(scheme_end + 3);
  const std::string_view before_query = take_until(url, '?');
  const std::string_view query = url;

  std::string_view authority = before_query.substr(0, before_query.find('/'));
  std::string_view path = before_query.substr(authority.size());
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (const auto read = read_credentials(authority.substr(0, at), out); !read) {
      return std::unexpected(read.error());
    }
    authority.remove_prefix(at + 1);
  }
  Result<> rest;
  if (scheme == "unix") {
    rest = authority.empty() ? read_unix(path, query, out) : fail_field("host", "must be a path only");
  } else {
    if (!path.empty()) path.remove_prefix(1);
    rest = read_scheme(scheme, out);
    if (rest) rest = read_addresses(authority, out);
    if (rest) rest = read_path(path, out);
    if (rest && !query.empty()) rest = fail_field("query", "is not known");
  }
  if (!rest) return std::unexpected(rest.error());
  return out;
}

}  // namespace belfry
