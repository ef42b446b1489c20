#include "report.h"

#include <cmath>
#include <ctime>

#include "clock.h"

namespace bench {
namespace {

std::int64_t own_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * kSecondNs + time.tv_nsec;
}

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

std::string_view skip_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

}  // namespace

Stopwatch::Stopwatch(const Options& options)
    : servers_(options.pids),
      cpu_(servers_.cpu()),
      shared_(options.shared_pid != 0 ? std::vector{options.shared_pid} : std::vector<std::uint64_t>()),
      shared_cpu_(shared_.cpu()),
      own_cpu_ns_(own_cpu_ns()),
      start_ns_(now_ns()) {}

void Stopwatch::stop(Json& json, std::uint64_t operations, std::int64_t end_ns) const {
  const double seconds = static_cast<double>(std::max<std::int64_t>(end_ns - start_ns_, 1)) / 1e9;
  const auto count = static_cast<double>(std::max<std::uint64_t>(operations, 1));
  json["seconds"] = rounded(seconds);
  json["operations"] = operations;
  json["per_second"] = std::round(static_cast<double>(operations) / seconds);
  const auto cpu_now = cpu_ ? servers_.cpu() : std::nullopt;
  if (cpu_now) {
    const CpuTime used = *cpu_now - *cpu_;
    json["cpu_us_per_operation"] = rounded(static_cast<double>(used.total_ns) / 1e3 / count);
    json["cpu_cores"] = rounded(static_cast<double>(used.total_ns) / 1e9 / seconds);
    const auto ticks = static_cast<double>(std::max<std::int64_t>(used.user_ns + used.system_ns, 1));
    json["cpu_system_share"] = rounded(static_cast<double>(used.system_ns) / ticks);
  }
  if (const auto shared_now = shared_cpu_ ? shared_.cpu() : std::nullopt) {
    const CpuTime used = *shared_now - *shared_cpu_;
    json["shared_cpu_us_per_operation"] = rounded(static_cast<double>(used.total_ns) / 1e3 / count);
  }
  json["generator_cores"] = rounded(static_cast<double>(own_cpu_ns() - own_cpu_ns_) / 1e9 / seconds);
}

Json begin_report(const Options& options) {
  Json json;
  json["mode"] = options.mode_name;
  json["connections"] = options.connections;
  return json;
}

void add_latency(Json& json, const Histogram& latency) {
  const auto us = [&](std::int64_t value_ns) { return rounded(static_cast<double>(value_ns) / 1e3); };
  json["latency_us"] = {{"p50", us(latency.quantile_ns(0.5))},
                        {"p90", us(latency.quantile_ns(0.9))},
                        {"p99", us(latency.quantile_ns(0.99))},
                        {"p99.9", us(latency.quantile_ns(0.999))},
                        {"max", us(latency.max_ns())}};
}

bool add_tally(Json& json, const Tally& tally, std::size_t dropped_connections) {
  json["lost"] = tally.lost;
  json["doubled"] = tally.doubled;
  json["out_of_order"] = tally.out_of_order;
  json["corrupt"] = tally.corrupt;
  json["disconnected"] = dropped_connections;
  return tally.lost + tally.doubled + tally.out_of_order + tally.corrupt + dropped_connections == 0;
}

Outcome not_connected(const Options& options, std::string_view why) {
  Outcome outcome{.json = begin_report(options)};
  outcome.json["error"] = why;
  return outcome;
}

std::optional<std::string_view> only_text(std::string_view arguments, std::string_view name) {
  if (!arguments.starts_with('[') || !arguments.ends_with("\"]")) return std::nullopt;
  arguments = skip_spaces(arguments.substr(1, arguments.size() - 3));
  if (!name.empty()) {
    if (arguments.size() < name.size() + 3 || arguments[0] != '"' ||
        arguments.substr(1, name.size()) != name || arguments.substr(name.size() + 1, 2) != "\",") {
      return std::nullopt;
    }
    arguments = skip_spaces(arguments.substr(name.size() + 3));
  }
  if (!arguments.starts_with('"')) return std::nullopt;
  return arguments.substr(1);
}

}  // namespace bench
