// What is known of a client from its first request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace belfry::engineio {

/// Kept as one block of text, because a server holds one of these for each connection. Immutable once built.
class Handshake {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  /// `target` is the request target as it came; header names are in lower case. `from_allowed_origin`: sent
  /// by a page that may use the server.
  Handshake(std::string_view target, std::string_view address, bool secure, WallMs issued,
            const Pairs& headers, bool from_allowed_origin = false);

  std::string_view target() const { return std::string_view(block_).substr(0, target_size_); }
  /// The target's query, not decoded.
  std::string_view query() const;
  /// The peer's address as text, without a port.
  std::string_view address() const { return std::string_view(block_).substr(target_size_, address_size_); }
  bool secure() const { return secure_; }
  WallMs issued() const { return issued_; }
  bool from_allowed_origin() const { return from_allowed_origin_; }
  /// The header's value, or empty.
  std::string_view header(std::string_view lower_case_name) const;
  Pairs headers() const;

 private:
  template <class Visit>
  void each_header(Visit visit) const;

  std::string block_;  // target, address, then `name\0value\0` for each header
  WallMs issued_;
  std::uint32_t target_size_;
  std::uint16_t address_size_;
  bool secure_;
  bool from_allowed_origin_;
};

}  // namespace belfry::engineio
