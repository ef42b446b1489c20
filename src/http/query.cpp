#include "http/query.h"

#include <algorithm>

namespace belfry::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size();
    const int high = escape ? hex_digit(text[i + 1]) : -1;
    const int low = escape ? hex_digit(text[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/// One parameter, still encoded.
struct Parameter {
  std::string_view name;
  std::string_view value;
};

/// Cuts the first parameter off; an empty one has neither name nor value.
Parameter next_parameter(std::string_view& query) {
  const auto part = query.substr(0, query.find('&'));
  query.remove_prefix(std::min(part.size() + 1, query.size()));
  const auto equals = part.find('=');
  if (equals == std::string_view::npos) return {part, {}};
  return {part.substr(0, equals), part.substr(equals + 1)};
}

bool is_plain(std::string_view text) {
  return text.find_first_of("%+") == std::string_view::npos;
}

}  // namespace

std::string percent_decode(std::string_view text) {
  return decode(text, false);
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const auto [name, value] = next_parameter(query);
    if (!name.empty() || !value.empty()) parameters.emplace_back(decode(name, true), decode(value, true));
  }
  return parameters;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto parameter = next_parameter(query);
    if (is_plain(parameter.name) ? parameter.name == name : decode(parameter.name, true) == name) {
      return decode(parameter.value, true);
    }
  }
  return std::nullopt;
}

}  // namespace belfry::http
