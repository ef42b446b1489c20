#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "swarm.h"

namespace bench {

enum class Mode { kConnect, kFanout, kEcho, kChat };

struct Options {
  Mode mode = Mode::kConnect;
  std::string mode_name;
  std::string host = "127.0.0.1";
  std::vector<std::uint64_t> ports;
  std::vector<std::uint64_t> pids;
  std::uint64_t shared_pid = 0;
  std::uint64_t connections = 1000;
  std::uint64_t publishers = 1;
  std::uint64_t size_bytes = 100;
  double seconds = 3;
  double warmup_seconds = 2;
  std::uint64_t rounds = 0;
  std::uint64_t depth = 1;
  double rate = 0;
  std::uint64_t window = 8;
  std::uint64_t handshakes = 64;
  std::uint64_t first = 100;
  bool join = false;
  bool receipts = false;
  std::string users;
  double settle_seconds = 10;
  double quiet_seconds = 2;
  double timeout_seconds = 30;

  Target target() const;
};

std::string help_text();
/// Nothing, with `error` set, when the arguments are wrong; `error` stays empty when help was asked for.
std::optional<Options> parse_options(int argc, char** argv, std::string& error);

}  // namespace bench
