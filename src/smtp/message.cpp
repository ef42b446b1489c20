#include "smtp/message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/base64.h"

namespace belfry::smtp {

namespace {

constexpr std::size_t kLineMax = 76;
constexpr std::size_t kUrlMax = 900;  // which cannot be folded: a line has at most 998 bytes
// Bytes whose base64 fits into an encoded word of 75 characters with its frame.
constexpr std::size_t kWordBytes = 45;

bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

/// Without what would end a line or is invisible: each such byte is a space.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, ' ');
  return line;
}

/// How many bytes from the start make whole characters of UTF-8, at most `max`; at least one.
std::size_t whole_characters(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text.size();
  std::size_t size = max;
  while (size > 1 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return size;
}

/// Encoded words (RFC 2047), a line each.
std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = whole_characters(text, kWordBytes);
    out += out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?";
    append_base64(out, text.substr(0, size));
    out += "?=";
    text.remove_prefix(size);
  }
  return out;
}

/// Text of a header: as it is where that is short and plain, else in encoded words.
std::string header_text(std::string_view any) {
  std::string text = one_line(any);
  const bool plain = std::ranges::all_of(text, is_printable) && !text.contains("=?") && text.size() <= 60;
  return plain ? text : encoded_words(text);
}

std::string from_text(const Mailbox& from) {
  if (from.name.empty()) return from.address;
  std::string name = header_text(from.name);
  if (!name.starts_with("=?")) {
    std::string quoted = "\"";
    for (const char c : name) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    name = quoted + '"';
  }
  return name + "\r\n <" + from.address + ">";
}

/// What a URL may hold as it is; the rest becomes `%xx`.
std::string url_text(std::string_view url) {
  std::string out;
  for (const char c : url) {
    const bool good = c > ' ' && c <= '~' && c != '<' && c != '>';
    good ? void(out += c) : void(out += fmt::format("%{:02X}", static_cast<unsigned char>(c)));
  }
  return out;
}

std::string date_text(WallMs date) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S +0000}", fmt::gmtime(static_cast<std::time_t>(date / 1000)));
}

/// Quoted-printable (RFC 2045) of one line without its end.
void append_quoted_line(std::string& out, std::string_view line) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool last = i + 1 == line.size();
    const bool space = c == ' ' || c == '\t';
    // A dot that begins a line is no end of the mail for anybody, however its text is passed on.
    const bool plain = space ? !last : c > ' ' && c <= '~' && c != '=' && (c != '.' || column > 0);
    const std::size_t width = plain ? 1 : 3;
    if (column + width > kLineMax - 1) {
      out += "=\r\n";
      column = 0;
      // It begins a line now.
      --i;
      continue;
    }
    plain ? void(out += c) : void(out += fmt::format("={:02X}", static_cast<unsigned char>(c)));
    column += width;
  }
  out += "\r\n";
}

/// The lines of a text, whatever ends them.
std::string quoted_printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    append_quoted_line(out, text.substr(0, end));
    text.remove_prefix(end);
    if (!text.empty()) text.remove_prefix(text.starts_with("\r\n") ? 2 : 1);
  }
  return out;
}

std::string part(std::string_view type, std::string_view text) {
  return fmt::format(
      "Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}", type,
      quoted_printable(text));
}

std::string body(const Message& message) {
  std::string text = part("text/plain", message.text);
  if (message.html.empty()) return text;
  // Quoted-printable never holds `=_`.
  const std::string boundary = "=_" + message.id.substr(0, message.id.find('@'));
  return fmt::format(
      "Content-Type: multipart/alternative;\r\n "
      "boundary=\"{0}\"\r\n\r\n--{0}\r\n{1}\r\n--{0}\r\n{2}\r\n--{0}--"
      "\r\n",
      boundary, text, part("text/html", message.html));
}

}  // namespace

std::string compose(const Message& message) {
  std::string out = fmt::format("Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}>\r\n",
                                date_text(message.date), from_text(message.from), message.to,
                                header_text(message.subject), message.id);
  out += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
  const std::string unsubscribe = url_text(message.unsubscribe_url);
  if (!unsubscribe.empty() && unsubscribe.size() <= kUrlMax) {
    out += "List-Unsubscribe: <" + unsubscribe + ">\r\n";
    out += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
  }
  return out + body(message);
}

}  // namespace belfry::smtp
