#include "server/config.h"

#include <algorithm>
#include <functional>

// Compiled here instead of linked: the shared library throws, and one of its assertions does not hold for a
// wrong file
// (`[[[`), where the code behind the assertion reports the error.
#undef NDEBUG
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_ASSERT(condition) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "server/config_check.h"
#include "server/dotenv.h"
#include "server/settings.h"

namespace belfry::server {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

/// Applies the sources one over the other and gathers what is wrong with them.
class Loader {
 public:
  void apply_toml(const NamedText& source) {
    const toml::parse_result parsed = toml::parse(source.text, source.name);
    if (!parsed) {
      const auto line = parsed.error().source().begin.line;
      problem(place(source.name, line), std::string(parsed.error().description()));
      return;
    }
    for (const auto& [section, node] : parsed.table()) {
      if (const toml::table* table = node.as_table(); table != nullptr && known_section(section.str())) {
        apply_section(source.name, section.str(), *table);
      } else {
        problem(place(source.name, section.source().begin.line),
                std::string(section.str()) + " is not a known section");
      }
    }
  }

  /// `where(name)` is how errors call a variable.
  void apply_variables(const Variables& variables,
                       const std::function<std::string(std::string_view)>& where) {
    for (const Setting& setting : settings()) {
      for (const auto& name : names_of(setting)) {
        const auto found = variables.find(name);
        if (found == variables.end() || found->second.empty()) continue;
        apply(setting, where(name), found->second);
        break;
      }
    }
    for (const auto& [name, value] : variables) {
      if (!value.empty() && claims_to_be_ours(name) && !known_variable(name)) {
        problem(where(name), "is not a known setting");
      }
    }
  }

  void apply_dotenv(const NamedText& source) {
    const auto lines = parse_dotenv(source.text);
    if (!lines) return problems_.push_back(source.name + ":" + lines.error().message);
    Variables variables;
    std::map<std::string, int, std::less<>> line_of;
    for (const EnvLine& line : *lines) {
      variables[line.name] = line.value;
      line_of[line.name] = line.line;
    }
    apply_variables(variables, [&](std::string_view name) {
      return source.name + ":" + std::to_string(line_of.find(name)->second) + " " + std::string(name);
    });
  }

  void apply_flags(const std::vector<FlagValue>& flags) {
    for (const FlagValue& flag : flags) {
      if (const Setting* setting = find_setting(flag.key)) apply(*setting, "flag " + flag.flag, flag.value);
    }
  }

  Result<Config> finish(const std::vector<std::string>& extra_apps) {
    if (problems_.empty()) problems_ = check_config(config_, extra_apps);
    if (problems_.empty()) return std::move(config_);
    std::string text;
    for (const std::string& line : problems_) text += (text.empty() ? "" : "\n") + line;
    return fail(ErrorKind::invalid, std::move(text));
  }

 private:
  static std::string place(std::string_view name, toml::source_index line) {
    return std::string(name) + ":" + std::to_string(line);
  }

  static bool known_section(std::string_view section) {
    return std::ranges::any_of(settings(), [&](const Setting& s) { return s.section == section; });
  }

  static std::vector<std::string> names_of(const Setting& setting) {
    std::vector<std::string> names{setting.variable()};
    names.insert(names.end(), setting.variables.begin(), setting.variables.end());
    return names;
  }

  static bool claims_to_be_ours(std::string_view name) {
    return std::ranges::any_of(settings(), [&](const Setting& s) {
      const std::string variable = s.variable();
      return name.starts_with(std::string_view(variable).substr(0, variable.size() - s.key.size()));
    });
  }

  static bool known_variable(std::string_view name) {
    return std::ranges::any_of(settings(), [&](const Setting& s) { return s.variable() == name; });
  }

  void apply_section(const std::string& file, std::string_view section, const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string name = std::string(section) + "." + std::string(key.str());
      const std::string where = place(file, key.source().begin.line);
      const Setting* setting = find_setting(name);
      if (setting == nullptr) {
        problem(where, name + " is not a known setting");
      } else {
        note(*setting, where, assign_node(*setting, node));
      }
    }
  }

  /// TOML has types: `port = "80"` is no number.
  bool assign_node(const Setting& setting, const toml::node& node) {
    if (setting.is_list()) {
      const toml::array* array = node.as_array();
      if (array == nullptr) return false;
      std::vector<std::string> items;
      for (const toml::node& item : *array) items.push_back(item.value_exact<std::string>().value_or(""));
      return assign_list(setting, config_, std::move(items));
    }
    if (setting.is_text()) {
      const auto text = node.value_exact<std::string>();
      return text && assign(setting, config_, *text);
    }
    if (setting.is_bool()) {
      const auto flag = node.value_exact<bool>();
      return flag && assign(setting, config_, *flag ? "true" : "false");
    }
    const auto number = node.value_exact<std::int64_t>();
    return number && assign(setting, config_, std::to_string(*number));
  }

  void apply(const Setting& setting, const std::string& where, std::string_view text) {
    note(setting, where, assign(setting, config_, text));
  }

  void note(const Setting& setting, const std::string& where, bool assigned) {
    if (assigned) {
      config_.set_by[setting.name()] = where;
    } else {
      problem(where, setting.name() + " must be " + setting.expectation());
    }
  }

  void problem(const std::string& where, const std::string& what) {
    problems_.push_back(where + ": " + what);
  }

  Config config_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<Config> load_config(const Sources& sources) {
  Loader loader;
  for (const NamedText& toml : sources.toml) loader.apply_toml(toml);
  loader.apply_dotenv(sources.dotenv);
  loader.apply_variables(sources.environment,
                         [](std::string_view name) { return "environment " + std::string(name); });
  loader.apply_flags(sources.flags);
  return loader.finish(sources.extra_apps);
}

std::string Config::database_file() const {
  return store.database.empty() ? server.data_dir + "/belfry.db"
                                : store.database.substr(std::string_view("sqlite:").size());
}

}  // namespace belfry::server
