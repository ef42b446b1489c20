// Bytes of RESP2 into replies.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "belfry/result.h"
#include "redis/reply.h"

struct redisReader;  // NOLINT(readability-identifier-naming): hiredis calls it so

namespace belfry::redis {

/// Belongs to one connection. A reply has at most `max_bytes` bytes and kMaxItems values, and is nested at
/// most seven deep.
class ReplyReader {
 public:
  static constexpr std::size_t kMaxItems = 1'000'000;

  explicit ReplyReader(std::size_t max_bytes);
  ~ReplyReader();

  void feed(std::string_view bytes);
  /// The next reply that is there as a whole, which may be of kind `error`; none where more must come first.
  /// Fails with `malformed` on what is no RESP2 and `too_large` past a bound, and has no use after that.
  Result<std::optional<Reply>> next();

 private:
  friend struct ReplyMaker;
  struct Free {
    void operator()(redisReader* reader) const;
  };

  Error failure() const;

  const std::size_t max_bytes_;
  std::size_t items_ = 0;  // of the reply that is being read
  std::size_t bytes_ = 0;  // likewise, of its texts
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace belfry::redis
