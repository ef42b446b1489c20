#include "belfry/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <mutex>
#include <string>

#include "belfry/value.h"
#include "core/clock.h"

namespace belfry {

namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"trace", "debug", "info", "warn", "error"};

// Names that the users of the JavaScript servers already type; each selects all of ours.
constexpr std::array<std::string_view, 7> kSelectsAll = {"socket.io*", "socket.io:*", "engine*", "engine:*",
                                                         "engine.io*", "engine.io:*", "belfry*"};

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// The parts of a `DEBUG=` text: what it selects, and what it takes back with a leading minus.
class DebugPatterns {
 public:
  explicit DebugPatterns(std::string_view text) {
    constexpr std::string_view kSeparators = ", \t";
    while (!text.empty()) {
      const auto end = std::min(text.find_first_of(kSeparators), text.size());
      add(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  bool selects(std::string_view category) const {
    if (included_.empty()) return false;
    const std::string name = "belfry:" + std::string(category);
    return any(included_, category, name) && !any(excluded_, category, name);
  }

 private:
  void add(std::string_view pattern) {
    const bool minus = pattern.starts_with('-');
    if (minus) pattern.remove_prefix(1);
    if (pattern.empty()) return;
    for (const auto all : kSelectsAll) {
      if (pattern == all) pattern = "belfry:*";
    }
    (minus ? excluded_ : included_).emplace_back(pattern);
  }

  static bool any(const std::vector<std::string>& patterns, std::string_view category,
                  std::string_view name) {
    for (const auto& pattern : patterns) {
      if (matches(pattern, name) || matches(pattern, category)) return true;
    }
    return false;
  }

  std::vector<std::string> included_;
  std::vector<std::string> excluded_;
};

// Text with every control character (C0, DEL, C1) written as an escape, so that it neither ends the line nor
// moves a terminal's cursor.
void append_printable(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\r') {
      out += "\\r";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", next);
      ++i;
    } else {
      out += text[i];
    }
  }
}

// Bare where that is readable, in quotes where the value has spaces or quotes of its own.
void append_text_value(std::string& out, std::string_view value) {
  if (!value.empty() && value.find_first_of(" \"=\\\t\r\n") == std::string_view::npos) {
    append_printable(out, value);
    return;
  }
  std::string escaped;
  for (const char c : value) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  out += '"';
  append_printable(out, escaped);
  out += '"';
}

void append_json_string(std::string& out, std::string_view text) {
  out += Value(text).dump(-1, ' ', false, Value::error_handler_t::replace);
}

std::string text_line(LogLevel level, std::string_view category, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line = fmt::format("{} {:<5} ", iso_time(wall_now_ms()), kLevelNames[std::size_t(level)]);
  append_printable(line, category);
  line += ": ";
  append_printable(line, message);
  for (const auto& field : fields) {
    line += ' ';
    append_printable(line, field.key);
    line += '=';
    append_text_value(line, field.value);
  }
  return line += '\n';
}

std::string json_line(LogLevel level, std::string_view category, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","category":)", iso_time(wall_now_ms()),
                                 kLevelNames[std::size_t(level)]);
  append_json_string(line, category);
  line += R"(,"message":)";
  append_json_string(line, message);
  for (const auto& field : fields) {
    line += ',';
    append_json_string(line, field.key);
    line += ':';
    append_json_string(line, field.value);
  }
  return line += "}\n";
}

// Where the lines go. Any thread; lines do not mix. What cannot be written (a full disk, a closed pipe) is
// dropped.
class Sink {
 public:
  explicit Sink(const std::string& file) {
    if (file.empty()) return;
    file_ = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (file_ < 0) problem_ = std::strerror(errno);
  }
  ~Sink() {
    if (file_ >= 0) ::close(file_);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // Why the file could not be opened, or nothing.
  const std::string& problem() const { return problem_; }

  void write(std::string_view line) {
    std::lock_guard lock(mutex_);
    while (!line.empty()) {
      const auto written = ::write(file_ >= 0 ? file_ : STDOUT_FILENO, line.data(), line.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;
      line.remove_prefix(static_cast<std::size_t>(written));
    }
  }

 private:
  std::mutex mutex_;  // one line at a time
  int file_ = -1;     // constant after construction; -1: standard output
  std::string problem_;
};

}  // namespace

struct Log::Impl {
  explicit Impl(const LogOptions& options)
      : level(options.level), format(options.format), debug(options.debug), sink(options.file) {}

  const LogLevel level;
  const LogFormat format;
  const DebugPatterns debug;
  Sink sink;
};

Log::Log() = default;
Log::Log(const LogOptions& options) : impl_(std::make_unique<Impl>(options)) {
  if (impl_->sink.problem().empty()) return;
  error("log", "cannot open the log file, writing to standard output",
        {{"file", options.file}, {"reason", impl_->sink.problem()}});
}
Log::~Log() = default;

bool Log::enabled(LogLevel level, std::string_view category) const {
  if (!impl_ || level >= LogLevel::off || impl_->level == LogLevel::off) return false;
  return level >= impl_->level || (level == LogLevel::debug && impl_->debug.selects(category));
}

void Log::write(LogLevel level, std::string_view category, std::string_view message,
                std::initializer_list<LogField> fields) {
  if (!enabled(level, category)) return;
  const auto format_line = impl_->format == LogFormat::json ? json_line : text_line;
  impl_->sink.write(format_line(level, category, message, fields));
}

}  // namespace belfry
