// What Redis answers, as values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::redis {

/// One reply of RESP2. Immutable once read; any thread may read it.
struct Reply {
  enum class Kind : std::uint8_t { nil, integer, text, array, error /* only within an array */ };

  Kind kind = Kind::nil;
  std::int64_t integer = 0;    ///< only of `integer`
  std::string text{};          ///< of `text`: a bulk string or a status, any bytes; of `error`: what it says
  std::vector<Reply> items{};  ///< only of `array`

  bool is_nil() const { return kind == Kind::nil; }
  bool is_error() const { return kind == Kind::error; }
};

}  // namespace belfry::redis
