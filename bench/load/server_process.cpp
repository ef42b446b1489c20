#include "server_process.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace bench {
namespace {

struct Stat {
  pid_t parent = 0;
  std::int64_t user_ticks = 0;
  std::int64_t system_ticks = 0;
};

/// The fields of /proc/PID/stat that are of use. The command's name may hold anything, so they count from its
/// last ')'.
std::optional<Stat> read_stat(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string ignored;
  Stat stat;
  fields >> ignored >> stat.parent;                // fields 3 and 4
  for (int i = 5; i < 14; ++i) fields >> ignored;  // up to cmajflt
  fields >> stat.user_ticks >> stat.system_ticks;  // 14 and 15
  return fields ? std::optional(stat) : std::nullopt;
}

std::optional<std::int64_t> exact_cpu_ns(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return std::nullopt;
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::vector<pid_t> ServerProcesses::family() const {
  std::vector<std::pair<pid_t, pid_t>> parents;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    if (const auto stat = read_stat(pid)) parents.emplace_back(pid, stat->parent);
  }
  std::vector<pid_t> family = pids_;
  for (std::size_t i = 0; i < family.size(); ++i) {
    for (const auto& [pid, parent] : parents) {
      if (parent == family[i]) family.push_back(pid);
    }
  }
  return family;
}

std::optional<CpuTime> ServerProcesses::cpu() const {
  if (pids_.empty() || !std::ranges::all_of(pids_, [](pid_t pid) { return exact_cpu_ns(pid).has_value(); })) {
    return std::nullopt;
  }
  const std::int64_t tick_ns = 1'000'000'000 / sysconf(_SC_CLK_TCK);
  CpuTime sum;
  for (const pid_t pid : family()) {
    sum.total_ns += exact_cpu_ns(pid).value_or(0);
    if (const auto stat = read_stat(pid)) {
      sum.user_ns += stat->user_ticks * tick_ns;
      sum.system_ns += stat->system_ticks * tick_ns;
    }
  }
  return sum;
}

std::optional<Memory> ServerProcesses::memory() const {
  Memory sum;
  bool found = false;
  for (const pid_t pid : family()) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream fields(line);
      std::string name;
      std::int64_t kilobytes = 0;
      if (!(fields >> name >> kilobytes)) continue;
      if (name == "Rss:") sum.rss_bytes += kilobytes * 1024, found = true;
      if (name == "Pss:") sum.pss_bytes += kilobytes * 1024;
      if (name == "Anonymous:") sum.anonymous_bytes += kilobytes * 1024;
    }
  }
  return found ? std::optional(sum) : std::nullopt;
}

}  // namespace bench
