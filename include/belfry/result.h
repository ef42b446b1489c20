// The one error type of the project, and the value-or-error that functions return.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace belfry {

/// What class of failure an error is. Each edge (HTTP, connect_error, acknowledgement) maps it in one place.
enum class ErrorKind {
  malformed,        ///< the input cannot be read at all (not JSON, not the protocol)
  invalid,          ///< one field of the input is wrong; `Error::field` names it
  unauthenticated,  ///< no credentials, or credentials that do not hold
  forbidden,        ///< known who it is, and it is not allowed
  not_found,
  conflict,      ///< the state does not allow it (already done, already taken)
  too_large,     ///< past a documented bound in bytes or items
  rate_limited,  ///< too often; `Error::retry_after_ms` says when to try again
  timed_out,     ///< no answer within the documented time
  closed,        ///< the peer or the owner has gone
  unavailable,   ///< a dependency (store, Redis, mail) is away
  internal,      ///< a defect of ours
};

/// An expected failure, as a value. `message` is fit to be shown to a peer and holds no secret.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  std::string field = {};   ///< only with `invalid`: the path of the field, e.g. `attachments.0.url`
  long retry_after_ms = 0;  ///< only with `rate_limited`

  /// `<field>: <message>`, or the message alone where no field is named.
  std::string text() const { return field.empty() ? message : field + ": " + message; }
  bool operator==(const Error&) const = default;
};

template <class T = void>
using Result = std::expected<T, Error>;

/// Shorthand for returning a failure: `return fail(ErrorKind::not_found, "Visit not found");`
inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}
/// Shorthand for a failure of one field of the input.
inline std::unexpected<Error> fail_field(std::string field, std::string message) {
  return std::unexpected(Error{ErrorKind::invalid, std::move(message), std::move(field)});
}

}  // namespace belfry
