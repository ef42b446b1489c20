#include "http/forwarding.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "http/response.h"

namespace belfry::http {

namespace {

constexpr int kSwitchingProtocols = 101;

// Of one connection only (RFC 9110, 7.6.1), or written anew.
constexpr std::array<std::string_view, 10> kOfTheConnection = {"connection",
                                                               "keep-alive",
                                                               "proxy-connection",
                                                               "proxy-authenticate",
                                                               "proxy-authorization",
                                                               "te",
                                                               "trailer",
                                                               "transfer-encoding",
                                                               "upgrade",
                                                               "expect"};

bool stays_behind(std::string_view name, std::string_view connection) {
  return std::ranges::find(kOfTheConnection, name) != kOfTheConnection.end() || name == "content-length" ||
         list_has_token(connection, name);
}

void write_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// `HTTP/1.1 200 OK`
bool read_status(std::string_view line, int& status) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  constexpr std::size_t kDigits = 3;
  if (!line.starts_with(kVersion) || line.size() < kVersion.size() + kDigits) return false;
  const std::string_view rest = line.substr(kVersion.size() + kDigits);
  return read_number(line.substr(kVersion.size(), kDigits), status) && (rest.empty() || rest.front() == ' ');
}

bool read_field(std::string_view line, Header& field) {
  const auto colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  field = {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))};
  constexpr std::string_view kNoToken(" \t\r\n\0", 5);
  constexpr std::string_view kNoValue("\r\n\0", 3);
  return field.name.find_first_of(kNoToken) == std::string::npos &&
         field.value.find_first_of(kNoValue) == std::string::npos;
}

// Takes a line off `rest`, without its end; nothing: it has none.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

bool has_no_body(int status) {
  return status == kSwitchingProtocols || status == 204 || status == 304;
}

}  // namespace

std::string serialize_forwarded(const Request& request, const std::vector<Header>& more) {
  const bool upgrade = request.upgrade();
  const std::string_view connection = request.headers.find("connection");
  std::string out;
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  for (const Header& field : request.headers) {
    const bool replaced = std::ranges::any_of(
        more, [&](const Header& one) { return equals_ignoring_case(one.name, field.name); });
    if (!replaced && !stays_behind(field.name, connection)) write_field(out, field.name, field.value);
  }
  for (const Header& field : more) write_field(out, field.name, field.value);
  write_field(out, "Connection", upgrade ? "Upgrade" : "close");
  if (upgrade) write_field(out, "Upgrade", "websocket");
  if (request.method == "POST" || !request.body.empty()) {
    write_field(out, "Content-Length", std::to_string(request.body.size()));
  }
  return out.append("\r\n").append(request.body);
}

std::optional<ForwardedHead> read_forwarded_head(std::string_view rest) {
  ForwardedHead head;
  const auto status_line = take_line(rest);
  if (!status_line || !read_status(*status_line, head.status)) return std::nullopt;
  bool has_length = false;
  for (;;) {
    const auto line = take_line(rest);
    if (!line) return std::nullopt;
    if (line->empty()) break;
    Header field;
    if (!read_field(*line, field) || equals_ignoring_case(field.name, "transfer-encoding"))
      return std::nullopt;
    if (!equals_ignoring_case(field.name, "content-length")) {
      head.headers.push_back(std::move(field));
    } else if (std::exchange(has_length, true) || !read_number(field.value, head.content_length)) {
      return std::nullopt;
    }
  }
  const bool informs = head.status < 200 && head.status != kSwitchingProtocols;
  if (informs || has_length == has_no_body(head.status)) return std::nullopt;
  return head;
}

std::string serialize_head(const ForwardedHead& head, bool keep_alive, unsigned version) {
  const bool switches = head.status == kSwitchingProtocols;
  std::string out = "HTTP/1.1 " + std::to_string(head.status) + " ";
  out.append(reason_phrase(head.status)).append("\r\n");
  for (const Header& field : head.headers) {
    if (switches || !stays_behind(lower_case(field.name), {})) write_field(out, field.name, field.value);
  }
  if (!has_no_body(head.status)) write_field(out, "Content-Length", std::to_string(head.content_length));
  if (!switches && keep_alive != (version != 10))
    write_field(out, "Connection", keep_alive ? "keep-alive" : "close");
  return out.append("\r\n");
}

}  // namespace belfry::http
