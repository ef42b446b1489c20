// Reading and writing the value of one setting.
#include <algorithm>
#include <charconv>

#include "server/settings.h"

namespace belfry::server {
namespace {

template <class... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};

std::string_view trim(std::string_view text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? char(c + 32) : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// Replaces `value` by the choice that it names in any case. False where there are choices and it names none.
bool match_choice(const Setting& setting, std::string& value) {
  if (setting.choices.empty()) return true;
  for (const std::string_view choice : setting.choices) {
    if (equal_ignoring_case(value, choice)) {
      value = choice;
      return true;
    }
  }
  return false;
}

bool read_bool(std::string_view text, bool& out) {
  const bool yes = equal_ignoring_case(text, "true") || text == "1";
  const bool no = equal_ignoring_case(text, "false") || text == "0";
  if (yes || no) out = yes;
  return yes || no;
}

bool read_number(const Setting& setting, std::string_view text, long long& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= setting.min && out <= setting.max;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (const auto item = trim(text.substr(0, comma)); !item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

std::string choices_text(const Setting& setting) {
  std::string out;
  for (const std::string_view choice : setting.choices) {
    if (!out.empty()) out += choice == setting.choices.back() ? " or " : ", ";
    out += choice;
  }
  return out;
}

}  // namespace

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string Setting::expectation() const {
  if (is_bool()) return "true or false";
  if (is_list()) return choices.empty() ? "a list of texts" : "a list of " + choices_text(*this);
  if (is_text()) return choices.empty() ? "a text" : choices_text(*this);
  return "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

bool assign(const Setting& setting, Config& config, std::string_view text) {
  const bool free_text = setting.is_text() && setting.choices.empty();
  if (!free_text) text = trim(text);
  const auto number = [&](auto& target, auto convert) {
    long long value = 0;
    if (!read_number(setting, text, value)) return false;
    target = convert(value);
    return true;
  };
  const Overload by_type{
      [&](bool& (*get)(Config&)) { return read_bool(text, get(config)); },
      [&](int& (*get)(Config&)) {
        return number(get(config), [](long long v) { return static_cast<int>(v); });
      },
      [&](std::size_t& (*get)(Config&)) {
        return number(get(config), [](long long v) { return static_cast<std::size_t>(v); });
      },
      [&](milliseconds& (*get)(Config&)) {
        return number(get(config), [](long long v) { return milliseconds(v); });
      },
      [&](std::string& (*get)(Config&)) {
        std::string value(text);
        if (!match_choice(setting, value)) return false;
        get(config) = std::move(value);
        return true;
      },
      [&](std::vector<std::string>& (*)(Config&)) { return assign_list(setting, config, split_list(text)); },
  };
  return std::visit(by_type, setting.field);
}

bool assign_list(const Setting& setting, Config& config, std::vector<std::string> items) {
  const auto* get = std::get_if<std::vector<std::string>& (*)(Config&)>(&setting.field);
  if (get == nullptr) return false;
  for (std::string& item : items) {
    if (item.empty() || !match_choice(setting, item)) return false;
  }
  (*get)(config) = std::move(items);
  return true;
}

std::string value_text(const Setting& setting, const Config& config) {
  Config copy = config;  // the fields' functions give references that could be written to
  const Overload by_type{
      [&](bool& (*get)(Config&)) { return std::string(get(copy) ? "true" : "false"); },
      [&](int& (*get)(Config&)) { return std::to_string(get(copy)); },
      [&](std::size_t& (*get)(Config&)) { return std::to_string(get(copy)); },
      [&](milliseconds& (*get)(Config&)) { return std::to_string(get(copy).count()); },
      [&](std::string& (*get)(Config&)) { return toml_text(get(copy)); },
      [&](std::vector<std::string>& (*get)(Config&)) {
        std::string out = "[";
        for (const std::string& item : get(copy)) out += (out.size() > 1 ? ", " : "") + toml_text(item);
        return out + "]";
      },
  };
  return std::visit(by_type, setting.field);
}

}  // namespace belfry::server
