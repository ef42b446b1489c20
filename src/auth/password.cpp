#include "auth/password.h"

#include <sodium.h>

#include <array>

#include "auth/jws.h"

namespace belfry::auth {

Result<std::string> hash_password(const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (sodium_init() < 0 ||
      crypto_pwhash_str(hash.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    return fail(ErrorKind::unavailable, "There is no memory for a password's hash");
  }
  return std::string(hash.data());
}

bool verify_password(const std::string& hash, const std::string& password) {
  return sodium_init() >= 0 && crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

std::string random_token() {
  std::array<char, 32> bytes{};
  if (sodium_init() < 0) std::abort();
  randombytes_buf(bytes.data(), bytes.size());
  return to_base64url({bytes.data(), bytes.size()});
}

}  // namespace belfry::auth
