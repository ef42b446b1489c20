#include "http/reader.h"

// A peer's bytes must never reach an assertion; one of Beast's chunk parser is wrong about how few may have
// come.
#define BOOST_DISABLE_ASSERTS
#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <string>
#include <utility>

#include "http/head_guard.h"

namespace belfry::http {
namespace {

namespace beast = boost::beast;
namespace asio = boost::asio;
using beast::http::error;
using ErrorCode = beast::error_code;

constexpr std::size_t kMaxHeaders = 256;
/// Bounds a chunk's size line with its extensions, and all trailers.
constexpr std::size_t kMaxChunkHeadBytes = 4096;

std::string_view to_view(beast::string_view text) {
  return {text.data(), text.size()};
}

bool is_decimal_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Whether a request line names an HTTP version at its end, be it one that nobody speaks here.
bool names_version(std::string_view line) {
  line = line.substr(0, line.find('\r'));
  const auto at = line.rfind(" HTTP/");
  if (at == std::string_view::npos) return false;
  const auto version = line.substr(at + 6);
  return version.size() == 3 && is_decimal_digit(version[0]) && version[1] == '.' &&
         is_decimal_digit(version[2]);
}

/// Whether a Host may be meant: what could pass for a part of a URL, or for two hosts, may not.
bool is_host(std::string_view host) {
  return host.find_first_of(" \t,/?#@\\") == std::string_view::npos;
}

bool has_bare_line_feed(std::string_view bytes) {
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return true;
  }
  return false;
}

/// Whether the line that heads a chunk ends inside of quotes: Beast would look for their end in the lines
/// behind it, and count the chunk once more each time.
bool ends_in_quotes(std::string_view unread) {
  if (unread.starts_with("\r\n")) unread.remove_prefix(2);
  const auto end = unread.find("\r\n");
  if (end == unread.npos) return false;
  bool quoted = false;
  for (std::size_t i = 0; i < end; ++i) {
    if (quoted && unread[i] == '\\') {
      ++i;
    } else if (unread[i] == '"') {
      quoted = !quoted;
    }
  }
  return quoted;
}

}  // namespace

/// Reads one request. Beast's parser calls back with what it finds; what it wants to see again stays in
/// `unread_`.
class Reader::Parser final : public beast::http::basic_parser<true> {
 public:
  explicit Parser(const Limits& limits) : limits_(limits) {
    constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
    header_limit(static_cast<std::uint32_t>(std::min(limits.header_bytes, kMost)));
    body_limit(limits.body_bytes);
  }

  Step feed(std::string_view bytes) {
    if (error_status_ != 0) return {Outcome::error, 0};
    if (is_done()) return {Outcome::request, 0};
    if (!head_ready_ && !guard_.accept(bytes)) {
      error_status_ = 400;
      return {Outcome::error, bytes.size()};
    }
    const bool joined = !unread_.empty();
    if (joined) unread_ += bytes;
    const std::string_view data = joined ? std::string_view(unread_) : bytes;
    std::size_t used = 0;
    if (!parse(data, used)) {
      unread_ = {};
      return {Outcome::error, bytes.size()};
    }
    const std::string_view rest = data.substr(used);
    if (is_done()) {
      const std::size_t consumed = bytes.size() - rest.size();
      unread_ = {};
      return {Outcome::request, consumed};
    }
    keep(rest, joined, used);
    return {Outcome::need_more, bytes.size()};
  }

  bool head_ready() const { return head_ready_; }
  const Request& request() const { return request_; }
  int status() const { return error_status_; }

  bool expects_continue() const {
    return head_ready_ && error_status_ == 0 && !is_done() && !body_begun_ && unread_.empty() &&
           request_.version == 11 && equals_ignoring_case(request_.headers.find("expect"), "100-continue");
  }

  Request take() { return std::move(request_); }

 private:
  /// Feeds Beast until it wants more, the request is complete or wrong; false if it is wrong.
  bool parse(std::string_view data, std::size_t& used) {
    while (!is_done() && used < data.size()) {
      const bool in_head = !head_ready_;
      const std::string_view rest = data.substr(used);
      ErrorCode ec;
      const std::size_t taken = put(asio::const_buffer(rest.data(), rest.size()), ec);
      used += taken;
      if (in_head && !count_head(taken)) return false;
      if (ec == error::need_more) return check_unread(data.substr(used));
      if (ec) return fail(ec, rest);
    }
    return true;
  }

  bool count_head(std::size_t taken) {
    head_bytes_ += taken;
    if (head_bytes_ > limits_.header_bytes && error_status_ == 0) error_status_ = 431;
    return error_status_ == 0;
  }

  bool check_unread(std::string_view unread) {
    if (!head_ready_ && head_bytes_ + unread.size() > limits_.header_bytes) error_status_ = 431;
    if (head_ready_ &&
        (unread.size() > kMaxChunkHeadBytes || has_bare_line_feed(unread) || ends_in_quotes(unread))) {
      error_status_ = 400;
    }
    return error_status_ == 0;
  }

  bool fail(const ErrorCode& ec, std::string_view at) {
    if (error_status_ != 0) return false;
    error_status_ = 400;
    if (ec == error::header_limit) error_status_ = 431;
    if (ec == error::bad_version && names_version(at)) error_status_ = 505;
    if (ec == error::body_limit) {
      error_status_ = 413;
      head_ready_ = true;
      request_.keep_alive = false;
    }
    return false;
  }

  /// Keeps what Beast has not consumed: a line of the head, or of a chunk's.
  void keep(std::string_view rest, bool joined, std::size_t used) {
    if (rest.empty()) {
      unread_ = {};
    } else if (joined) {
      unread_.erase(0, used);
    } else {
      unread_.assign(rest);
    }
  }

  void refuse(int status, ErrorCode& ec) {
    error_status_ = status;
    ec = error::bad_value;
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       ErrorCode&) override {
    request_.method = to_view(method);
    request_.target = to_view(target);
    request_.version = static_cast<unsigned>(version);
  }

  void on_response_impl(int, beast::string_view, int, ErrorCode&) override {}

  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     ErrorCode& ec) override {
    if (head_ready_) return;  // a trailer: nobody asks for them
    const std::string key = lower_case(to_view(name));
    const bool single = key == "host" || key == "content-length" || key == "transfer-encoding";
    if (single && request_.headers.has(key)) return refuse(400, ec);
    request_.headers.add(key, to_view(value));
    if (request_.headers.size() > kMaxHeaders) refuse(431, ec);
  }

  void on_header_impl(ErrorCode& ec) override {
    const Headers& headers = request_.headers;
    if (request_.version == 11 && !headers.has("host")) return refuse(400, ec);
    if (!is_host(headers.find("host"))) return refuse(400, ec);
    const std::string_view length = headers.find("content-length");
    if (!std::ranges::all_of(length, is_decimal_digit)) return refuse(400, ec);
    if (headers.has("transfer-encoding")) {
      const std::string_view coding = headers.find("transfer-encoding");
      if (headers.has("content-length") || request_.version == 10 || coding.empty()) return refuse(400, ec);
      if (!chunked()) return refuse(list_has_token(coding, "chunked") ? 400 : 501, ec);
      if (!equals_ignoring_case(coding, "chunked")) return refuse(501, ec);
    }
    head_ready_ = true;
    request_.keep_alive = keep_alive();
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}

  std::size_t on_body_impl(beast::string_view body, ErrorCode&) override {
    body_begun_ = true;
    request_.body.append(body.data(), body.size());
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t, beast::string_view, ErrorCode&) override { body_begun_ = true; }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, ErrorCode& ec) override {
    return on_body_impl(body, ec);
  }

  void on_finish_impl(ErrorCode&) override {}

  Limits limits_;
  Request request_;
  std::string unread_;
  HeadGuard guard_;
  std::size_t head_bytes_ = 0;
  int error_status_ = 0;  // of the failure
  bool head_ready_ = false;
  bool body_begun_ = false;
};

Reader::Reader(Limits limits) : limits_(limits) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Step Reader::feed(std::string_view bytes) {
  std::size_t skipped = 0;
  if (!parser_) {
    // Empty lines before a request are to be ignored (RFC 9112, 2.2).
    skipped = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    bytes.remove_prefix(skipped);
    if (bytes.empty()) return {Outcome::need_more, skipped};
    parser_ = std::make_unique<Parser>(limits_);
  }
  Step step = parser_->feed(bytes);
  step.consumed += skipped;
  return step;
}

bool Reader::head_ready() const {
  return parser_ && parser_->head_ready();
}
const Request& Reader::head() const {
  return parser_->request();
}
bool Reader::expects_continue() const {
  return parser_ && parser_->expects_continue();
}
int Reader::error_status() const {
  return parser_ ? parser_->status() : 0;
}
bool Reader::idle() const {
  return !parser_;
}

Request Reader::take() {
  Request request = parser_->take();
  parser_.reset();
  return request;
}

}  // namespace belfry::http
