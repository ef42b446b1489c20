#include "smtp/address.h"

#include <algorithm>

namespace belfry::smtp {

namespace {

constexpr std::size_t kAddressMax = 254;
constexpr std::size_t kLocalMax = 64;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Words of `allowed` characters with single dots between them.
template <class Allowed>
bool is_dotted(std::string_view text, Allowed allowed) {
  if (text.empty() || text.starts_with('.') || text.ends_with('.') || text.contains("..")) return false;
  return std::ranges::all_of(text, [&](char c) { return c == '.' || allowed(c); });
}

bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == '\x7f';
}

std::string_view trim(std::string_view text) {
  const auto from = text.find_first_not_of(' ');
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(' ') - from + 1);
}

}  // namespace

bool is_address(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || text.size() > kAddressMax || at > kLocalMax) return false;
  constexpr std::string_view kSpecial = "!#$%&'*+-/=?^_`{|}~";
  const auto in_local = [&](char c) { return is_alphanumeric(c) || kSpecial.contains(c); };
  const auto in_domain = [](char c) { return is_alphanumeric(c) || c == '-'; };
  return is_dotted(text.substr(0, at), in_local) && is_dotted(text.substr(at + 1), in_domain);
}

std::optional<Mailbox> parse_mailbox(std::string_view text) {
  if (std::ranges::any_of(text, is_control)) return std::nullopt;
  text = trim(text);
  Mailbox mailbox;
  if (const auto open = text.find('<'); open != std::string_view::npos && text.ends_with('>')) {
    std::string_view name = trim(text.substr(0, open));
    if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) {
      name = name.substr(1, name.size() - 2);
    }
    mailbox.name = name;
    text = text.substr(open + 1, text.size() - open - 2);
  }
  if (!is_address(text)) return std::nullopt;
  mailbox.address = text;
  return mailbox;
}

}  // namespace belfry::smtp
