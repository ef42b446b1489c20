// What a node says on the channel of facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "belfry/result.h"

namespace belfry::redis {

/// A node's facts from one of its beginnings to the next. Written `node:epoch`; a later one of the same node
/// has a higher number.
struct Owner {
  std::string node;
  std::int64_t epoch = 0;

  std::string text() const { return node + ":" + std::to_string(epoch); }
  /// Fails with `malformed`.
  static Result<Owner> parse(const std::string& text);
  auto operator<=>(const Owner&) const = default;
};

/// A field (`kind:key`) and its value, or nothing where it is gone.
using FactChange = std::pair<std::string, std::optional<std::string>>;

/// One message. Numbered from 1 within an epoch, without gaps; one that says nothing new has the number of
/// the last one that did.
struct FactsDelta {
  Owner owner;
  std::int64_t number = 0;
  std::vector<FactChange> changes = {};
  bool full = false;  ///< all that was there at the beginning has been said by now
  bool left = false;  ///< the owner has gone, in order

  std::string text() const;
  /// Fails with `malformed`.
  static Result<FactsDelta> parse(const std::string& text);
  bool operator==(const FactsDelta&) const = default;
};

}  // namespace belfry::redis
