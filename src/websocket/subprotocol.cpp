#include "websocket/subprotocol.h"

#include <algorithm>
#include <vector>

namespace belfry::websocket {
namespace {

// More than anybody has a use for.
constexpr std::size_t kMaxOffered = 64;

bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

}  // namespace

std::optional<std::string_view> choose_subprotocol(std::string_view offered) {
  std::vector<std::string_view> seen;
  for (bool more = true; more;) {
    const auto comma = offered.find(',');
    const std::string_view name = trimmed(offered.substr(0, comma));
    more = comma != std::string_view::npos;
    if (more) offered.remove_prefix(comma + 1);
    if (name.empty() || !std::ranges::all_of(name, is_token_char)) return std::nullopt;
    if (std::ranges::find(seen, name) != seen.end() || seen.size() == kMaxOffered) return std::nullopt;
    seen.push_back(name);
  }
  return seen.front();
}

}  // namespace belfry::websocket
