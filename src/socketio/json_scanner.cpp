#include "socketio/json_scanner.h"

#include <simdjson.h>

#include <charconv>
#include <string_view>

namespace belfry::socketio {

namespace od = simdjson::ondemand;

namespace {

// Reads a value to its end, so that every byte of it is checked.
simdjson::error_code check(od::value value, int depth_left) {
  od::json_type type{};
  if (auto error = value.type().get(type)) return error;
  const bool nests = type == od::json_type::array || type == od::json_type::object;
  if (nests && depth_left == 0) return simdjson::DEPTH_ERROR;
  switch (type) {
    case od::json_type::array: {
      od::array array;
      if (auto error = value.get_array().get(array)) return error;
      for (auto item : array) {
        od::value element;
        if (auto error = item.get(element)) return error;
        if (auto error = check(element, depth_left - 1)) return error;
      }
      return simdjson::SUCCESS;
    }
    case od::json_type::object: {
      od::object object;
      if (auto error = value.get_object().get(object)) return error;
      for (auto field : object) {
        std::string_view key;
        if (auto error = field.unescaped_key().get(key)) return error;
        od::value element;
        if (auto error = field.value().get(element)) return error;
        if (auto error = check(element, depth_left - 1)) return error;
      }
      return simdjson::SUCCESS;
    }
    case od::json_type::number: {
      double number = 0;
      return value.get_double().get(number);
    }
    case od::json_type::string: {
      std::string_view text;
      return value.get_string().get(text);
    }
    case od::json_type::boolean: {
      bool boolean = false;
      return value.get_bool().get(boolean);
    }
    case od::json_type::null: {
      bool is_null = false;
      if (auto error = value.is_null().get(is_null)) return error;
      return is_null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
    }
  }
  return simdjson::TAPE_ERROR;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

constexpr std::size_t kEscapeSize = 6;  // of \uXXXX

// The code unit of an escape \uXXXX that begins at `at`; 0 where there is none.
unsigned code_unit(std::string_view text, std::size_t at) {
  if (text.size() < at + kEscapeSize || text[at] != '\\' || text[at + 1] != 'u') return 0;
  unsigned unit = 0;
  const char* last = text.data() + at + kEscapeSize;
  const auto [end, error] = std::from_chars(text.data() + at + 2, last, unit, 16);
  return error == std::errc() && end == last ? unit : 0;
}

bool is_high_surrogate(unsigned unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}
bool is_low_surrogate(unsigned unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

// Whether there was one.
bool replace_lone_surrogates(std::string& text) {
  bool found = false;
  for (auto at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
    const unsigned unit = code_unit(text, at);
    if (is_high_surrogate(unit) && is_low_surrogate(code_unit(text, at + kEscapeSize))) {
      at += 2 * kEscapeSize;
    } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
      text.replace(at, kEscapeSize, "\\ufffd");
      at += kEscapeSize;
      found = true;
    } else {
      at += 2;
    }
  }
  return found;
}

}  // namespace

struct JsonScanner::Impl {
  od::parser parser;
};

JsonScanner::JsonScanner() : impl_(std::make_unique<Impl>()) {}
JsonScanner::~JsonScanner() = default;

bool JsonScanner::scan_array(std::string& text, std::vector<Args::Span>& elements) {
  return scan(text, elements) || (replace_lone_surrogates(text) && scan(text, elements));
}

bool JsonScanner::scan(std::string& text, std::vector<Args::Span>& elements) {
  elements.clear();
  if (text.empty()) return false;
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  od::document document;
  od::array array;
  const simdjson::padded_string_view padded(text.data(), text.size(), text.capacity());
  if (impl_->parser.iterate(padded).get(document) || document.get_array().get(array)) return false;
  for (auto item : array) {
    od::value value;
    if (item.get(value)) return false;
    const char* begin = value.raw_json_token().data();
    if (check(value, kMaxDepth - 1)) return false;
    const char* end = nullptr;
    if (document.current_location().get(end)) return false;
    while (end > begin && is_space(end[-1])) --end;
    elements.push_back(
        {static_cast<std::size_t>(begin - text.data()), static_cast<std::size_t>(end - begin)});
  }
  const char* trailing = nullptr;
  return document.current_location().get(trailing) == simdjson::OUT_OF_BOUNDS;
}

}  // namespace belfry::socketio
