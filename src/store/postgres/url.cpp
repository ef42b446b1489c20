#include "store/postgres/url.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>

namespace belfry::store {

namespace {

// Of Prisma's own pool and TLS; the time to connect is a setting of ours.
constexpr std::array<std::string_view, 9> kIgnored = {
    "connection_limit", "pool_timeout", "pgbouncer",       "socket_timeout",         "statement_cache_size",
    "sslidentity",      "sslaccept",    "connect_timeout", "max_connection_lifetime"};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

// The URL without what libpq does not know, which `target` keeps.
std::string only_libpq(std::string_view text, PostgresTarget& target) {
  const auto mark = std::min(text.find('?'), text.size());
  std::string url(text.substr(0, mark));
  char separator = '?';
  for (auto rest = text.substr(std::min(mark + 1, text.size())); !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    const auto name = pair.substr(0, pair.find('='));
    if (name == "schema") {
      target.schema = percent_decoded(pair.substr(std::min(name.size() + 1, pair.size())));
    } else if (std::ranges::find(kIgnored, name) != kIgnored.end()) {
      target.ignored.emplace_back(name);
    } else if (!pair.empty()) {
      (url += std::exchange(separator, '&')) += pair;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return url;
}

std::string value_of(const PostgresTarget& target, std::string_view name, std::string absent) {
  for (const auto& [key, value] : target.parameters) {
    if (key == name) return value;
  }
  return absent;
}

}  // namespace

bool is_postgres_url(std::string_view text) {
  return text.starts_with("postgres://") || text.starts_with("postgresql://");
}

std::string PostgresTarget::shown() const {
  return "postgres://" + value_of(*this, "host", "localhost") + ":" + value_of(*this, "port", "5432") + "/" +
         value_of(*this, "dbname", "") + (schema.empty() ? "" : "?schema=" + schema);
}

Result<PostgresTarget> parse_postgres_url(std::string_view text) {
  PostgresTarget target;
  const std::string url = only_libpq(text, target);
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(url.c_str(), &message), PQconninfoFree);
  PQfreemem(message);
  if (!is_postgres_url(url) || options == nullptr) {
    return fail(ErrorKind::invalid,
                "is no URL of PostgreSQL, such as postgres://user:password@host:5432/name?sslmode=require, "
                "with special characters as %xx");
  }
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) target.parameters.emplace_back(option->keyword, option->val);
  }
  return target;
}

}  // namespace belfry::store
