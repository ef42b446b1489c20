// How messages stand in the store; for the files of this folder.
#pragma once

#include <string_view>
#include <utility>

#include "services/conversations/conversations.h"

namespace belfry::conversations {

inline constexpr std::string_view kMessageColumns =
    "id, conversation_id, seq, sender_id, text, attachments, reply_to, created_at";

/// A row of `kMessageColumns`.
inline Message message_of(const store::Row& row) {
  Value attachments = Value::parse(row.text(5), nullptr, false);
  if (!attachments.is_array()) attachments = Value::array();
  return {.id = row.text(0),
          .conversation_id = row.text(1),
          .seq = row.integer(2),
          .sender_id = row.text(3),
          .text = row.text(4),
          .attachments = std::move(attachments),
          .reply_to = row.optional_text(6),
          .created_at = row.integer(7)};
}

}  // namespace belfry::conversations
