// The load generator: Socket.IO clients against a bench server, see bench/README.md.

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>

#include "modes.h"

namespace {

/// Raises the limit of open files as far as the clients need and the system lets it.
void raise_file_limit(std::size_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return;
  rlimit raised{.rlim_cur = wanted, .rlim_max = std::max<rlim_t>(limit.rlim_max, wanted)};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

bench::Outcome run(const bench::Options& options) {
  switch (options.mode) {
    case bench::Mode::kConnect:
      return run_connect(options);
    case bench::Mode::kFanout:
      return run_fanout(options);
    case bench::Mode::kEcho:
      return run_echo(options);
    case bench::Mode::kChat:
      return run_chat(options);
  }
  return {};
}

void print_summary(const bench::Outcome& outcome) {
  const bench::Json& json = outcome.json;
  if (!outcome.measured) {
    fmt::print(stderr, "{}: {}\n", json["mode"].get<std::string>(), json["error"].get<std::string>());
    return;
  }
  fmt::print(stderr, "{}, {} connections: {} operations in {} s, {} a second",
             json["mode"].get<std::string>(), json["connections"].dump(), json["operations"].dump(),
             json["seconds"].dump(), json["per_second"].dump());
  if (json.contains("cpu_us_per_operation")) {
    fmt::print(stderr, ", server {} µs of CPU each", json["cpu_us_per_operation"].dump());
  }
  if (json.contains("rss_bytes_per_connection")) {
    fmt::print(stderr, ", {} bytes resident each", json["rss_bytes_per_connection"].dump());
  }
  if (json.contains("latency_us")) fmt::print(stderr, "\n  latency in µs: {}", json["latency_us"].dump());
  if (!outcome.clean) {
    fmt::print(stderr, "\n  NOT CLEAN:");
    for (const char* name : {"lost", "doubled", "out_of_order", "corrupt", "disconnected"}) {
      if (json.contains(name)) fmt::print(stderr, " {} {}", name, json[name].dump());
    }
  }
  fmt::print(stderr, "\n");
}

}  // namespace

int main(int argc, char** argv) {
  std::string error;
  const auto options = bench::parse_options(argc, argv, error);
  if (!options) {
    if (error.empty()) {
      fmt::print("{}", bench::help_text());
      return 0;
    }
    fmt::print(stderr, "bench_load: {} (--help lists the modes and options)\n", error);
    return 2;
  }
  raise_file_limit(options->connections + options->publishers + options->first + 64);
  const bench::Outcome outcome = run(*options);
  fmt::print("{}\n", outcome.json.dump());
  print_summary(outcome);
  if (!outcome.measured) return 1;
  return outcome.clean ? 0 : 3;
}
