#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "histogram.h"
#include "options.h"
#include "sequence.h"
#include "server_process.h"

namespace bench {

using Json = nlohmann::ordered_json;

/// The outcome of a mode: the object to print, and whether nothing went wrong.
struct Outcome {
  Json json;
  bool measured = false;  ///< false: it could not connect; `json.error` says why
  bool clean = false;
};

/// Time and CPU time of the server (and of this program) from its construction to stop().
class Stopwatch {
 public:
  explicit Stopwatch(const Options& options);

  /// Adds seconds, rates and CPU time per operation. `end_ns` is when the last operation was complete.
  void stop(Json& json, std::uint64_t operations, std::int64_t end_ns) const;
  std::int64_t start_ns() const { return start_ns_; }

 private:
  ServerProcesses servers_;
  std::optional<CpuTime> cpu_;
  ServerProcesses shared_;
  std::optional<CpuTime> shared_cpu_;
  std::int64_t own_cpu_ns_;
  std::int64_t start_ns_;
};

Json begin_report(const Options& options);
void add_latency(Json& json, const Histogram& latency);
/// Adds the tally; true when it is spotless.
bool add_tally(Json& json, const Tally& tally, std::size_t dropped_connections);
Outcome not_connected(const Options& options, std::string_view why);

/// The text between the quotes of the only string argument: of `["name","text"]` with a name, of `["text"]`
/// without.
std::optional<std::string_view> only_text(std::string_view arguments, std::string_view name = {});

}  // namespace bench
