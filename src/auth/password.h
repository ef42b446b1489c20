// Passwords, kept as Argon2id hashes (RFC 9106) by libsodium.
#pragma once

#include <string>

#include "belfry/result.h"

namespace belfry::auth {

/// These take a tenth of a second and 64 MiB on purpose: not for a shard's thread. Any other thread.

/// With its salt and parameters, as text. Fails with `unavailable` where memory is short.
Result<std::string> hash_password(const std::string& password);
bool verify_password(const std::string& hash, const std::string& password);

/// 43 characters that nobody can guess. Any thread.
std::string random_token();

}  // namespace belfry::auth
