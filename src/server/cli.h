// The program's command line.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "belfry/result.h"
#include "belfry/value.h"
#include "core/clock.h"
#include "server/config.h"

namespace belfry::server {

enum class Command { serve, token, check_config, migrate, copy_store, archive, version };

/// What `belfry token` is to sign.
struct TokenRequest {
  std::string sub;
  std::string role;  ///< empty: no such claim; so are name and email
  std::string name;
  std::string email;
  std::chrono::seconds ttl{3600};
  std::vector<std::pair<std::string, Value>>
      claims;  ///< `--claim`, in order; each replaces one of the same name
};

/// What `belfry archive` is to move, and where to.
struct ArchiveRequest {
  WallMs before = 0;
  std::string file;
};

/// What `belfry copy-store` is to copy, and where to: `sqlite:PATH` or URLs of PostgreSQL.
struct CopyRequest {
  std::string from;
  std::string to;
};

struct CommandLine {
  Command command = Command::serve;
  std::string config_file;       ///< `--config`; empty: none
  std::vector<FlagValue> flags;  ///< settings given as flags, for `read_sources`
  TokenRequest token;            ///< only with Command::token
  ArchiveRequest archive;        ///< only with Command::archive
  CopyRequest copy;              ///< only with Command::copy_store
};

/// The program is to print `text` and end: help was asked for (code 0, standard output), or the line is wrong
/// (code 2, standard error).
struct CliExit {
  int code = 0;
  std::string text;
};

std::expected<CommandLine, CliExit> parse_command_line(int argc, const char* const* argv);

/// A duration as people write it: `45s`, `30m`, `1h`, `7d`; at most 3650 days.
Result<std::chrono::seconds> parse_duration(std::string_view text);

/// A day, `2026-01-02` (its beginning, UTC), or a time, `2026-01-02T03:04:05Z`.
Result<WallMs> parse_date(std::string_view text);

}  // namespace belfry::server
