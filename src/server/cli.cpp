#include "server/cli.h"

#include <CLI/CLI.hpp>
#include <charconv>

namespace belfry::server {
namespace {

/// Flags that set a setting, and the calls that know them.
struct SettingFlag {
  const char* flag;
  const char* key;
  const char* help;
};
constexpr SettingFlag kHost{"--host", "server.host", "address to listen on"};
constexpr SettingFlag kPort{"--port", "server.port", "TCP port to listen on; 0 takes any free one"};
constexpr SettingFlag kThreads{"--threads", "server.threads", "event loops; 0 makes one a core"};
constexpr SettingFlag kDataDir{"--data-dir", "server.data_dir",
                               "folder of the embedded database and the secret"};
constexpr SettingFlag kDatabase{"--database", "store.database", "sqlite:PATH or postgres://…"};
constexpr SettingFlag kRedis{"--redis", "redis.url", "redis://HOST:PORT"};
constexpr SettingFlag kRootApp{"--root-app", "server.root_app", "app that is mounted on / too"};

/// A claim's value: JSON where the text is JSON, else the text.
Value claim_value(const std::string& text) {
  Value value = Value::parse(text, nullptr, false);
  return value.is_discarded() ? Value(text) : value;
}

class Parser {
 public:
  Parser() {
    app_.require_subcommand(1);
    add_serve();
    add_token();
    call("check-config", Command::check_config, "Print the settings in force, or what is wrong with them");
    CLI::App& migrate = call("migrate", Command::migrate, "Bring the database schema up to date");
    for (const SettingFlag& flag : {kDataDir, kDatabase}) add_flag(migrate, flag);
    add_copy_store();
    add_archive();
    app_.add_subcommand("version", "Print the version, the build and the linked libraries")->callback([this] {
      line_.command = Command::version;
    });
  }

  std::expected<CommandLine, CliExit> parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return std::unexpected(exit_of(error));
    }
    return std::move(line_);
  }

 private:
  /// A call that reads the configuration.
  CLI::App& call(const char* name, Command command, const char* help) {
    CLI::App* sub = app_.add_subcommand(name, help);
    sub->add_option("--config", line_.config_file, "TOML file")->type_name("FILE");
    sub->callback([this, command] { line_.command = command; });
    return *sub;
  }

  void add_flag(CLI::App& sub, const SettingFlag& flag) {
    const auto keep = [this, flag](const std::string& value) {
      line_.flags.push_back({.flag = flag.flag, .key = flag.key, .value = value});
    };
    sub.add_option_function<std::string>(flag.flag, keep, flag.help)->type_name("");
  }

  void add_serve() {
    CLI::App& serve = call("serve", Command::serve, "Run the server in the foreground");
    for (const SettingFlag& flag : {kHost, kPort, kThreads, kDataDir, kDatabase, kRedis, kRootApp})
      add_flag(serve, flag);
    const auto keep = [this](std::int64_t) {
      line_.flags.push_back({.flag = "--dev", .key = "server.dev", .value = "true"});
    };
    serve.add_flag_function("--dev", keep, "demo pages and tokens for trying; loopback only");
  }

  void add_token() {
    CLI::App& token = call("token", Command::token, "Print a token signed with the configured secret");
    add_flag(token, kDataDir);
    TokenRequest& request = line_.token;
    token.add_option("--sub", request.sub, "id of the user")->required()->type_name("ID");
    token.add_option("--role", request.role, "role of the user")->type_name("ROLE");
    token.add_option("--name", request.name, "name of the user")->type_name("N");
    token.add_option("--email", request.email, "address of the user")->type_name("E");
    const auto set_ttl = [&request](const std::string& text) {
      const auto ttl = parse_duration(text);
      if (!ttl) throw CLI::ValidationError("--ttl", ttl.error().message);
      request.ttl = *ttl;
    };
    token.add_option_function<std::string>("--ttl", set_ttl, "how long it holds: 45s, 30m, 1h, 7d (1h)")
        ->type_name("T");
    const auto add_claims = [&request](const std::vector<std::string>& texts) {
      for (const std::string& text : texts) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals == 0)
          throw CLI::ValidationError("--claim", "must be NAME=VALUE");
        request.claims.emplace_back(text.substr(0, equals), claim_value(text.substr(equals + 1)));
      }
    };
    token
        .add_option_function<std::vector<std::string>>("--claim", add_claims, "further claims; JSON or text")
        ->type_name("NAME=VALUE");
  }

  void add_copy_store() {
    CLI::App& copy = call("copy-store", Command::copy_store, "Copy one store into another, empty one");
    copy.add_option("--from", line_.copy.from, "sqlite:PATH or postgres://…")->required()->type_name("URL");
    copy.add_option("--to", line_.copy.to, "likewise; made where there is none")
        ->required()
        ->type_name("URL");
  }

  void add_archive() {
    CLI::App& archive = call("archive", Command::archive, "Move old messages out into a compressed file");
    for (const SettingFlag& flag : {kDataDir, kDatabase}) add_flag(archive, flag);
    ArchiveRequest& request = line_.archive;
    const auto set_before = [&request](const std::string& text) {
      const auto before = parse_date(text);
      if (!before) throw CLI::ValidationError("--before", before.error().message);
      request.before = *before;
    };
    archive.add_option_function<std::string>("--before", set_before, "messages made before this day or time")
        ->required()
        ->type_name("DATE");
    archive.add_option("--to", request.file, "new file of JSON lines, gzipped")
        ->required()
        ->type_name("FILE");
  }

  CliExit exit_of(const CLI::ParseError& error) const {
    std::ostringstream out;
    std::ostringstream err;
    const bool help = app_.exit(error, out, err) == 0;
    return CliExit{.code = help ? 0 : 2, .text = help ? out.str() : err.str()};
  }

  CLI::App app_{"Belfry: a realtime server for Socket.IO clients", "belfry"};
  CommandLine line_;
};

}  // namespace

std::expected<CommandLine, CliExit> parse_command_line(int argc, const char* const* argv) {
  return Parser().parse(argc, argv);
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr long long kDay = 24LL * 3600;
  const auto wrong = [] { return fail(ErrorKind::invalid, "must be a duration such as 45s, 30m, 1h or 7d"); };
  if (text.size() < 2) return wrong();
  long long unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3600;
      break;
    case 'd':
      unit = kDay;
      break;
    default:
      return wrong();
  }
  long long count = 0;
  const char* const last = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), last, count);
  if (error != std::errc{} || end != last || count <= 0 || count > 3650 * kDay / unit) return wrong();
  return std::chrono::seconds(count * unit);
}

Result<WallMs> parse_date(std::string_view text) {
  constexpr std::size_t kDayChars = 10;
  const auto time =
      parse_iso_time(text.size() == kDayChars ? std::string(text) + "T00:00:00Z" : std::string(text));
  if (!time)
    return fail(ErrorKind::invalid,
                "must be a day such as 2026-01-02, or a time such as 2026-01-02T03:04:05Z");
  return *time;
}

}  // namespace belfry::server
