#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace bench {

/// CPU time that a server has used since it began.
struct CpuTime {
  std::int64_t total_ns = 0;   ///< exact, all threads of all its processes
  std::int64_t user_ns = 0;    ///< in clock ticks (10 ms), so only good for the share
  std::int64_t system_ns = 0;  ///< likewise

  CpuTime operator-(const CpuTime& earlier) const {
    return {total_ns - earlier.total_ns, user_ns - earlier.user_ns, system_ns - earlier.system_ns};
  }
};

/// A server's resident memory in user space, from /proc/PID/smaps_rollup, summed over its processes.
struct Memory {
  std::int64_t rss_bytes = 0;
  std::int64_t pss_bytes = 0;
  std::int64_t anonymous_bytes = 0;
};

/// The measured servers: processes and their descendants, read from outside.
class ServerProcesses {
 public:
  explicit ServerProcesses(const std::vector<std::uint64_t>& pids) : pids_(pids.begin(), pids.end()) {}

  /// Nothing where there is no process, or one is gone.
  std::optional<CpuTime> cpu() const;
  std::optional<Memory> memory() const;

 private:
  /// The processes and all their descendants now.
  std::vector<pid_t> family() const;

  std::vector<pid_t> pids_;
};

}  // namespace bench
