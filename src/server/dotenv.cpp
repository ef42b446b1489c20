#include "server/dotenv.h"

#include <algorithm>

namespace belfry::server {
namespace {

bool is_name_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/// A cursor over the text. Each `read_…` leaves it behind what it read.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::vector<EnvLine>> read_all() {
    std::vector<EnvLine> lines;
    for (skip_blank(); !at_end(); skip_blank()) {
      auto line = read_line();
      if (!line) return std::unexpected(line.error());
      lines.push_back(std::move(*line));
    }
    return lines;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\n' : text_[at_]; }
  /// A carriage return is of a line's end, or is text.
  bool at_line_end() const {
    return peek() == '\n' || (peek() == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
  }

  char next() {
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }

  void skip_spaces() {
    while (!at_end() && (peek() == ' ' || peek() == '\t')) next();
  }

  /// To the next character that begins an assignment.
  void skip_blank() {
    while (!at_end()) {
      skip_spaces();
      if (peek() == '#') skip_to_line_end();
      if (at_end() || (peek() != '\n' && peek() != '\r')) return;
      next();
    }
  }

  void skip_to_line_end() {
    while (!at_end() && peek() != '\n') next();
  }

  std::string read_name() {
    std::string name;
    while (!at_end() && is_name_char(peek())) name += next();
    skip_spaces();
    return name;
  }

  Result<EnvLine> read_line() {
    EnvLine line{.name = {}, .value = {}, .line = line_};
    line.name = read_name();
    if (line.name == "export" && peek() != '=') line.name = read_name();
    if (line.name.empty() || peek() != '=') return wrong(line.line, "expected NAME=value");
    next();
    skip_spaces();
    if (peek() != '"' && peek() != '\'') {
      line.value = read_plain();
      return line;
    }
    if (!read_quoted(line.value)) return wrong(line.line, "the quote is not closed");
    skip_spaces();
    if (peek() == '#') skip_to_line_end();
    if (!at_line_end()) return wrong(line_, "unexpected text after the closing quote");
    return line;
  }

  std::string read_plain() {
    std::string value;
    while (!at_end() && peek() != '\n') {
      const bool comment = peek() == '#' && (value.empty() || value.back() == ' ' || value.back() == '\t');
      if (comment)
        skip_to_line_end();
      else
        value += next();
    }
    value.erase(value.find_last_not_of(" \t\r") + 1);
    return value;
  }

  /// False where the text ends before the quote does.
  bool read_quoted(std::string& value) {
    const char quote = next();
    while (!at_end()) {
      const char c = next();
      if (c == quote) return true;
      value += quote == '"' && c == '\\' && !at_end() ? unescaped(next()) : c;
    }
    return false;
  }

  static char unescaped(char c) { return c == 'n' ? '\n' : c; }

  static std::unexpected<Error> wrong(int line, const std::string& what) {
    return fail(ErrorKind::malformed, std::to_string(line) + ": " + what);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

Result<std::vector<EnvLine>> parse_dotenv(std::string_view text) {
  return Reader(text).read_all();
}

}  // namespace belfry::server
