// E-mail addresses, as far as mail is sent to them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry::smtp {

/// Whether mail can be sent to it: `local@domain` of printable ASCII, without quotes, spaces or brackets, at
/// most 64 and 254 bytes (RFC 5321).
bool is_address(std::string_view text);

/// An address with the name that people are shown.
struct Mailbox {
  std::string name;  ///< empty: none
  std::string address;

  std::string_view domain() const { return std::string_view(address).substr(address.rfind('@') + 1); }
};

/// Reads `a@b.c` or `Name <a@b.c>`; nothing where it is neither.
std::optional<Mailbox> parse_mailbox(std::string_view text);

}  // namespace belfry::smtp
