// Is this text JSON to the letter, and where are its elements? The only file that includes simdjson's reader.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "belfry/args.h"
#include "core/json.h"

namespace belfry::socketio {

/// One shard's scanner: its buffers are used again and again. One thread.
class JsonScanner {
 public:
  /// Arrays and objects may be nested this deep, the outermost counted.
  static constexpr int kMaxDepth = kMaxJsonDepth;

  JsonScanner();
  ~JsonScanner();

  /// Whether `text` is one JSON array and nothing else (RFC 8259; numbers beyond a double, exponents of more
  /// than 19 digits and anything deeper than kMaxDepth are refused). Fills `elements` with the places of its
  /// elements. `text` may be given more room, and its lone surrogates become U+FFFD: browsers send them where
  /// a text was cut within a character.
  bool scan_array(std::string& text, std::vector<Args::Span>& elements);

 private:
  bool scan(std::string& text, std::vector<Args::Span>& elements);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace belfry::socketio
