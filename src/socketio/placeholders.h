// Binary data that came beside a JSON text, put where its placeholders stand.
#pragma once

#include <vector>

#include "belfry/payload.h"
#include "belfry/value.h"

namespace belfry::socketio {

/// The attachments of one packet (socket.io-protocol, "Sending binary").
class Placeholders {
 public:
  explicit Placeholders(std::vector<Binary> attachments)
      : attachments_(std::move(attachments)), used_(attachments_.size(), false) {}

  /// Replaces the placeholders in `value`. False where one is out of range or names what another has named.
  bool fill(Value& value);
  /// Whether each attachment has found its place.
  bool all_used() const;

 private:
  std::vector<Binary> attachments_;  // empty once used
  std::vector<bool> used_;
};

/// The array of arguments that a payload is, with binary data in place.
Value payload_value(const Payload& payload);

}  // namespace belfry::socketio
