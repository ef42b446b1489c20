// The scanner of events beside another reader of JSON: both take the same texts for arrays, with the same
// elements.
//
// Where they may differ, by design: the scanner refuses what is nested deeper than kMaxDepth, a byte-order
// mark, and NUL, which ends the text for the other; it puts U+FFFD for lone surrogates, which the other
// refuses.
#include "socketio/json_scanner.h"

#include "belfry/value.h"
#include "fuzz/fuzz.h"

namespace belfry {
namespace {

using fuzz::check;

/// How deep brackets of a valid text are nested.
int depth_of(std::string_view json) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && c == '\\')
      ++i;
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && (c == '[' || c == '{'))
      deepest = std::max(deepest, ++depth);
    else if (!in_string && (c == ']' || c == '}'))
      --depth;
  }
  return deepest;
}

bool has_long_exponent(std::string_view json) {
  for (std::size_t at = json.find_first_of("eE"); at != json.npos; at = json.find_first_of("eE", at + 1)) {
    const std::size_t digits = json.find_first_not_of("+-", at + 1);
    if (digits == json.npos) return false;
    const std::size_t end = std::min(json.find_first_not_of("0123456789", digits), json.size());
    if (end - digits > 19) return true;
  }
  return false;
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  static socketio::JsonScanner scanner;
  static std::vector<Args::Span> elements;
  std::string text(fuzz::text_of(data, size));
  const bool scanned = scanner.scan_array(text, elements);
  if (text.starts_with("\xef\xbb\xbf") || text.contains('\0')) {
    check(!scanned, "neither a byte-order mark nor NUL is JSON");
    return 0;
  }
  const Value other = Value::parse(text, nullptr, false);
  if (!scanned) {
    check(!other.is_array() || depth_of(text) > socketio::JsonScanner::kMaxDepth || has_long_exponent(text),
          "what the other takes is taken");
    return 0;
  }
  check(other.is_array() && other.size() == elements.size(), "what is taken, the other takes");
  check(depth_of(text) <= socketio::JsonScanner::kMaxDepth, "nesting has a bound");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string_view element = std::string_view(text).substr(elements[i].offset, elements[i].size);
    check(Value::parse(element, nullptr, false) == other[i], "elements stand where they are said to");
  }
  return 0;
}
