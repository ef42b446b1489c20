// What no head of a request may hold, seen byte by byte.
#pragma once

#include <string_view>
#include <utility>

namespace belfry::http {

/// Watches the bytes of a head for what no head may hold, as Beast looks at an incomplete one only once.
class HeadGuard {
 public:
  /// False at a control character, at a line that does not end in CRLF, and at one that goes on with the line
  /// before it (obsolete folding).
  bool accept(std::string_view bytes) {
    for (const char c : bytes) {
      if (ended_) return true;
      const bool after_return = std::exchange(after_return_, c == '\r');
      if (after_return != (c == '\n')) return false;
      if (c == '\n') {
        ended_ = line_empty_;
        first_line_ = false;
        line_empty_ = true;
      } else if (c != '\r') {
        if (line_empty_ && !first_line_ && (c == ' ' || c == '\t')) return false;
        if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f') return false;
        line_empty_ = false;
      }
    }
    return true;
  }

 private:
  bool after_return_ = false;
  bool line_empty_ = true;
  bool first_line_ = true;
  bool ended_ = false;
};

}  // namespace belfry::http
