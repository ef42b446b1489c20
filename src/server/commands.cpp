#include "server/commands.h"

#include <fmt/core.h>

#include <cstdio>
#include <filesystem>

#include "auth/jwt.h"
#include "core/clock.h"
#include "server/archive.h"
#include "server/database_name.h"
#include "server/serve.h"
#include "server/stores.h"
#include "server/tokens.h"
#include "server/version.h"

namespace belfry::server {

namespace {

constexpr int kFailed = 1;
constexpr int kMisconfigured = 2;

int complain(const Error& error, int code) {
  fmt::print(stderr, "{}\n", error.text());
  return code;
}

int print_token(const Config& config, const TokenRequest& request) {
  const auto secret = signing_secret(config);
  if (!secret) return complain(secret.error(), kFailed);
  const auto token = make_token(config, secret->value, request);
  if (!token) return complain(token.error(), kFailed);
  fmt::print("{}\n", *token);
  return 0;
}

int migrate(const Config& config, const std::vector<ExtraApp>& extra) {
  Log log(config.log_options());
  const auto store = open_store(config.database(), config, extra, [](const SharedEvent&) {}, log);
  if (!store) return complain(store.error(), kFailed);
  fmt::print("The database {} is up to date\n", shown_database(config.database()));
  return 0;
}

int archive(const Config& config, const ArchiveRequest& request, const std::vector<ExtraApp>& extra) {
  Log log(config.log_options());
  const auto store = open_store(config.database(), config, extra, [](const SharedEvent&) {}, log);
  if (!store) return complain(store.error(), kFailed);
  auto file = ArchiveFile::make(request.file);
  if (!file) return complain(file.error(), kFailed);
  const auto moved = archive_messages(**store, request.before, *file);
  if (!moved) return complain(moved.error(), kFailed);
  fmt::print("Moved {} messages to {}\n", *moved, request.file);
  return 0;
}

int copy(const Config& config, const CopyRequest& request, const std::vector<ExtraApp>& extra) {
  Log log(config.log_options());
  const auto progress = [](std::string_view table, std::int64_t rows) {
    fmt::print("{}: {} rows\n", table, rows);
    std::fflush(stdout);
  };
  const auto copied = copy_store(request.from, request.to, config, extra, progress, log);
  if (!copied) return complain(copied.error(), kFailed);
  fmt::print("Copied {} rows from {} to {}\n", *copied, shown_database(request.from),
             shown_database(request.to));
  return 0;
}

}  // namespace

int run_command(const CommandLine& line, const std::vector<ExtraApp>& extra) {
  if (line.command == Command::version) {
    fmt::print("{}", version_text());
    return 0;
  }
  auto sources = read_sources(line.config_file, line.flags);
  if (!sources) return complain(sources.error(), kMisconfigured);
  for (const ExtraApp& app : extra) sources->extra_apps.push_back(app.name);
  const auto config = load_config(*sources);
  if (!config) return complain(config.error(), kMisconfigured);
  switch (line.command) {
    case Command::serve:
      return serve(*config, extra);
    case Command::token:
      return print_token(*config, line.token);
    case Command::check_config:
      fmt::print("{}", config_text(*config));
      return 0;
    case Command::migrate:
      return migrate(*config, extra);
    case Command::copy_store:
      return copy(*config, line.copy, extra);
    case Command::archive:
      return archive(*config, line.archive, extra);
    case Command::version:
      break;
  }
  return 0;
}

}  // namespace belfry::server
