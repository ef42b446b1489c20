// What `check-config` and the documentation show of the settings.
#include "server/settings.h"

namespace belfry::server {
namespace {

/// What stands in place of a secret: whether there is one, and no more.
std::string masked(const Setting& setting, const Config& config) {
  if (setting.shown != nullptr) {
    Config copy = config;
    return toml_text(setting.shown(std::get<std::string& (*)(Config&)>(setting.field)(copy)));
  }
  std::string text = value_text(setting, config);
  return setting.secret && text != "\"\"" && text != "[]" ? "\"********\"" : text;
}

/// One row of the page. A `|` would end its cell.
std::string page_row(const Setting& setting, const Config& defaults) {
  std::string variables;
  for (const std::string_view name : setting.variables) variables += "`" + std::string(name) + "`, ";
  std::string row = "| `" + std::string(setting.key) + "` | " + variables + "`" + setting.variable() + "` | ";
  row += "`" + value_text(setting, defaults) + "` | " + setting.expectation() + " | " +
         std::string(setting.doc) + " |\n";
  return row;
}

}  // namespace

std::string config_text(const Config& config) {
  std::string out;
  std::string_view section;
  for (const Setting& setting : settings()) {
    if (setting.section != section) {
      out += (section.empty() ? "[" : "\n[") + std::string(setting.section) + "]\n";
      section = setting.section;
    }
    const auto source = config.set_by.find(setting.name());
    out += std::string(setting.key) + " = " + masked(setting, config);
    out += "  # " + (source == config.set_by.end() ? "default" : source->second) + "\n";
  }
  return out;
}

std::string configuration_page() {
  std::string out =
      "# Configuration\n\n"
      "Written from the table of settings in `src/server/settings.cpp`; see `CONTRIBUTING.md` for how.\n\n"
      "Later wins: the defaults below, the TOML file of `--config`, `.env` in the working directory, the "
      "environment,\n"
      "flags. An unknown key is an error, and so is an unknown variable whose name begins with `BELFRY_` and "
      "a section. An\n"
      "empty variable counts as unset. In the environment, lists are separated by commas. Where several "
      "variables name one\n"
      "setting, `BELFRY_SECTION_KEY` wins, then they win in the order given here. `belfry check-config` "
      "prints what holds and\n"
      "where it comes from.\n\n"
      "Names that end in `_ms` are in milliseconds, those in `_bytes` in bytes.\n";
  const Config defaults;
  std::string_view section;
  for (const Setting& setting : settings()) {
    if (setting.section != section) {
      out += "\n## [" + std::string(setting.section) + "]\n\n";
      out += "| key | environment | default | value | effect |\n| --- | --- | --- | --- | --- |\n";
      section = setting.section;
    }
    out += page_row(setting, defaults);
  }
  return out;
}

LogOptions Config::log_options() const {
  LogOptions options;
  const Setting* level = find_setting("log.level");
  for (std::size_t i = 0; i < level->choices.size(); ++i) {
    if (level->choices[i] == log.level) options.level = static_cast<LogLevel>(i);
  }
  options.format = log.format == "json" ? LogFormat::json : LogFormat::text;
  options.file = log.file;
  options.debug = log.debug;
  return options;
}

}  // namespace belfry::server
