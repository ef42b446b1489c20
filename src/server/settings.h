// The table of settings: one row is all that a setting needs besides its field in config.h. It drives the
// reading of TOML, environment and flags, `check-config`, and docs/configuration.md.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config.h"

namespace belfry::server {

/// Where a setting lives in a Config; the alternative is its type.
using Field =
    std::variant<bool& (*)(Config&), int& (*)(Config&), std::size_t& (*)(Config&), milliseconds& (*)(Config&),
                 std::string& (*)(Config&), std::vector<std::string>& (*)(Config&)>;

struct Setting {
  std::string_view section;
  std::string_view key;
  Field field;
  std::string_view doc;  ///< effect and, where the default does not say it, what it means
  long long min = 0;     ///< of a number
  long long max = std::numeric_limits<int>::max();
  std::vector<std::string_view> choices = {};    ///< of a text, or of each item of a list; empty: any
  std::vector<std::string_view> variables = {};  ///< well-known names in the environment, strongest first
  bool secret = false;
  /// Of a text that may hold a secret: what may be shown of it.
  std::string (*shown)(const std::string& text) = nullptr;

  std::string name() const { return std::string(section) + "." + std::string(key); }
  /// `BELFRY_SECTION_KEY`.
  std::string variable() const;
  /// What a value must be, as errors and the documentation put it: `a whole number from 0 to 65535`.
  std::string expectation() const;
  bool is_list() const { return std::holds_alternative<std::vector<std::string>& (*)(Config&)>(field); }
  bool is_text() const { return std::holds_alternative<std::string& (*)(Config&)>(field); }
  bool is_bool() const { return std::holds_alternative<bool& (*)(Config&)>(field); }
};

/// Every setting, by section.
std::span<const Setting> settings();
/// Null where there is none of that `section.key`.
const Setting* find_setting(std::string_view name);

/// Sets one setting from a text or a list. False where the value is not what `expectation()` says.
[[nodiscard]] bool assign(const Setting& setting, Config& config, std::string_view text);
[[nodiscard]] bool assign_list(const Setting& setting, Config& config, std::vector<std::string> items);
/// The value as TOML writes it, secrets as they are.
std::string value_text(const Setting& setting, const Config& config);
/// A text as TOML writes it.
std::string toml_text(std::string_view text);

}  // namespace belfry::server
