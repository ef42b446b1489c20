#include "http/headers.h"

#include <algorithm>

namespace belfry::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

void Headers::add(std::string_view name, std::string_view value) {
  std::string key = lower_case(name);
  const auto known = std::ranges::find(fields_, key, &Header::name);
  if (known == fields_.end()) {
    fields_.push_back({std::move(key), std::string(value)});
  } else {
    known->value += key == "cookie" ? "; " : ", ";
    known->value += value;
  }
}

std::string_view Headers::find(std::string_view name) const {
  const auto found = std::ranges::find(fields_, name, &Header::name);
  return found == fields_.end() ? std::string_view{} : found->value;
}

bool Headers::has(std::string_view name) const {
  return std::ranges::find(fields_, name, &Header::name) != fields_.end();
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool list_has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (equals_ignoring_case(trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace belfry::http
