#include "options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <variant>

namespace bench {
namespace {

using Field = std::variant<std::string Options::*, std::uint64_t Options::*,
                           std::vector<std::uint64_t> Options::*, double Options::*, bool Options::*>;

struct Flag {
  std::string_view name;
  Field field;
  std::string_view help;
};

const Flag kFlags[] = {
    {"--host", &Options::host, "IPv4 address of the server"},
    {"--port", &Options::ports,
     "its port (required), or those of several servers: clients take them in turn"},
    {"--pid", &Options::pids, "its process, or theirs, for CPU time and memory (descendants count too)"},
    {"--shared-pid", &Options::shared_pid,
     "what the servers share, such as Redis: its CPU time stands apart"},
    {"--connections", &Options::connections, "clients; in fanout, subscribers"},
    {"--handshakes", &Options::handshakes, "how many connect at a time"},
    {"--size", &Options::size_bytes, "bytes of a payload, at least 32"},
    {"--seconds", &Options::seconds, "how long to measure"},
    {"--rounds", &Options::rounds,
     "measure this many instead: messages (fanout), round trips a client (echo)"},
    {"--warmup", &Options::warmup_seconds, "seconds of the same before, not measured (but checked)"},
    {"--rate", &Options::rate,
     "fanout, chat: messages a second, evenly spaced; 0: as fast as they arrive or are acknowledged"},
    {"--window", &Options::window, "fanout without --rate: messages on their way at most"},
    {"--publishers", &Options::publishers, "fanout: clients that publish in turn; they do not subscribe"},
    {"--depth", &Options::depth, "echo, chat: round trips that each client has open at a time"},
    {"--first", &Options::first, "connect: clients that connect before, unmeasured"},
    {"--join", &Options::join, "connect: each joins room user:<number> (no value)"},
    {"--users", &Options::users, "chat: file with a token and a visit's id a line, four lines a visit"},
    {"--receipts", &Options::receipts, "chat: each message is marked as received and read (no value)"},
    {"--settle", &Options::settle_seconds, "connect: wait at most this long for the memory to stand still"},
    {"--quiet", &Options::quiet_seconds, "what has not come this long after the last arrival counts as lost"},
    {"--timeout", &Options::timeout_seconds, "give up when nothing moves for this long while connecting"},
};

bool parse_number(std::string_view text, auto& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && value >= 0;
}

/// With commas between them.
bool parse_numbers(std::string_view text, std::vector<std::uint64_t>& values) {
  values.clear();
  while (true) {
    const std::size_t comma = text.find(',');
    if (!parse_number(text.substr(0, comma), values.emplace_back())) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool assign(Options& options, const Field& field, std::string_view text) {
  if (const auto* name = std::get_if<std::string Options::*>(&field)) {
    options.*(*name) = text;
    return true;
  }
  if (const auto* number = std::get_if<std::uint64_t Options::*>(&field)) {
    return parse_number(text, options.*(*number));
  }
  if (const auto* numbers = std::get_if<std::vector<std::uint64_t> Options::*>(&field)) {
    return parse_numbers(text, options.*(*numbers));
  }
  return parse_number(text, options.*std::get<double Options::*>(field));
}

bool set_mode(Options& options, std::string_view name) {
  options.mode_name = name;
  if (name == "connect")
    options.mode = Mode::kConnect;
  else if (name == "fanout")
    options.mode = Mode::kFanout;
  else if (name == "echo")
    options.mode = Mode::kEcho;
  else if (name == "chat")
    options.mode = Mode::kChat;
  else
    return false;
  return true;
}

std::string check(const Options& options) {
  const auto is_port = [](std::uint64_t port) { return port > 0 && port <= 65535; };
  if (options.ports.empty() || !std::ranges::all_of(options.ports, is_port)) {
    return "--port is missing or wrong";
  }
  if (options.connections == 0 || options.connections > 1'000'000) return "--connections: 1 to 1,000,000";
  if (options.size_bytes < 32 || options.size_bytes > 1'000'000) return "--size: 32 to 1,000,000";
  if (options.publishers == 0 || options.publishers > 1000) return "--publishers: 1 to 1,000";
  if (options.depth == 0 || options.window == 0 || options.handshakes == 0)
    return "0 of something is not enough";
  return {};
}

}  // namespace

Target Options::target() const {
  return Target{.host = host,
                .ports = {ports.begin(), ports.end()},
                .handshakes_at_once = handshakes,
                .timeout_ns = static_cast<std::int64_t>(timeout_seconds * 1e9)};
}

std::string help_text() {
  std::string text =
      "bench_load connect|fanout|echo|chat --port PORT [--pid PID] [option value]…\n"
      "Socket.IO clients over WebSocket against a bench server; see bench/README.md.\n"
      "One JSON object on the standard output. Ends with 0, or 1: did not connect, 2: usage,\n"
      "3: measured, but something was lost, doubled, out of order, corrupt or disconnected.\n\n";
  const Options defaults;
  for (const Flag& flag : kFlags) {
    std::string value;
    if (const auto* name = std::get_if<std::string Options::*>(&flag.field)) value = defaults.*(*name);
    if (const auto* number = std::get_if<std::uint64_t Options::*>(&flag.field)) {
      value = std::to_string(defaults.*(*number));
    }
    if (const auto* real = std::get_if<double Options::*>(&flag.field))
      value = fmt::format("{}", defaults.*(*real));
    text += fmt::format("  {:<14} {}{}\n", flag.name, flag.help, value.empty() ? "" : " [" + value + "]");
  }
  return text;
}

std::optional<Options> parse_options(int argc, char** argv, std::string& error) {
  error.clear();
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") return std::nullopt;
    if (i == 1) {
      if (set_mode(options, argument)) continue;
      error = fmt::format("no mode is called {}", argument);
      return std::nullopt;
    }
    const Flag* found = nullptr;
    for (const Flag& flag : kFlags) {
      if (flag.name == argument) found = &flag;
    }
    if (found != nullptr && std::holds_alternative<bool Options::*>(found->field)) {
      options.*std::get<bool Options::*>(found->field) = true;
    } else if (found == nullptr || i + 1 >= argc || !assign(options, found->field, argv[++i])) {
      error = fmt::format("{}: not an option, or not its value", argument);
      return std::nullopt;
    }
  }
  error = options.mode_name.empty() ? "which mode?" : check(options);
  return error.empty() ? std::optional(options) : std::nullopt;
}

}  // namespace bench
