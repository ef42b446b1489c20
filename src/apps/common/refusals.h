// What a client that is not let in may do about it.
#pragma once

#include <array>
#include <string_view>

#include "belfry/result.h"

namespace belfry::apps {

/// What is wrong with credentials, in the words that their owner gets.
inline constexpr std::array<std::string_view, 4> kCredentialErrors = {"No token provided", "Invalid token",
                                                                      "Token expired", "User is blocked"};

/// The part of `connect_error`'s data that programs read.
struct RefusalCode {
  std::string_view code;
  std::string_view retry;  ///< `backoff`, `credentials` (with other ones) or `never`
};
RefusalCode refusal_code(const Error& error);

}  // namespace belfry::apps
