// The text of a mail as it goes over the wire.
#pragma once

#include <string>

#include "core/clock.h"
#include "smtp/address.h"

namespace belfry::smtp {

/// What a mail says. Addresses have been checked; everything else may be any text, as no field can break out
/// of its place.
struct Message {
  std::string id;  ///< without brackets: `<id>@<host>`
  WallMs date = 0;
  Mailbox from;
  std::string to;
  std::string subject;
  std::string text;
  std::string html = {};             ///< empty: the text alone
  std::string unsubscribe_url = {};  ///< empty, or longer than a line can be: none
};

/// RFC 5322 with CRLF and lines of at most 998 bytes, ASCII only: the same for the same message.
std::string compose(const Message& message);

}  // namespace belfry::smtp
