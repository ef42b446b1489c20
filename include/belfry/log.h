// Logging: one facade, one line a record, selectable by level and by category.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

/// One `key=value` of a record. Secrets and message texts do not belong here.
struct LogField {
  std::string_view key;
  std::string_view value;
};

enum class LogFormat : std::uint8_t { text, json };

/// How and what a Log writes.
struct LogOptions {
  LogLevel level = LogLevel::info;     ///< records below it are dropped
  LogFormat format = LogFormat::text;  ///< one line a record, either way
  std::string file;                    ///< appended to; empty: standard output
  /// Category patterns as in `DEBUG=belfry:*,-belfry:http`; a match lets level debug through. `socket.io:*`
  /// and `engine.io:*` are understood as all of ours.
  std::string debug;
};

/// Writes records. Safe to use from any thread; a record is written whole.
class Log {
 public:
  /// A log that drops everything.
  Log();
  explicit Log(const LogOptions& options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Whether a record would be written: ask first where building the fields costs something.
  bool enabled(LogLevel level, std::string_view category) const;
  void write(LogLevel level, std::string_view category, std::string_view message,
             std::initializer_list<LogField> fields = {});

  void debug(std::string_view category, std::string_view message,
             std::initializer_list<LogField> fields = {}) {
    write(LogLevel::debug, category, message, fields);
  }
  void info(std::string_view category, std::string_view message,
            std::initializer_list<LogField> fields = {}) {
    write(LogLevel::info, category, message, fields);
  }
  void warn(std::string_view category, std::string_view message,
            std::initializer_list<LogField> fields = {}) {
    write(LogLevel::warn, category, message, fields);
  }
  void error(std::string_view category, std::string_view message,
             std::initializer_list<LogField> fields = {}) {
    write(LogLevel::error, category, message, fields);
  }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;  // constant after construction
};

}  // namespace belfry
