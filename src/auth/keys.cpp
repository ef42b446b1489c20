#include "auth/keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <utility>

namespace belfry::auth {

namespace {

constexpr std::pair<Algorithm, std::string_view> kNames[] = {
    {Algorithm::hs256, "HS256"}, {Algorithm::hs384, "HS384"}, {Algorithm::hs512, "HS512"},
    {Algorithm::rs256, "RS256"}, {Algorithm::es256, "ES256"}, {Algorithm::eddsa, "EdDSA"}};

bool answers(const VerifyKey& key, Algorithm algorithm, std::string_view id) {
  return key.is_for(algorithm) && (id.empty() || key.id().empty() || key.id() == id);
}

const EVP_MD* digest_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::hs256:
      return EVP_sha256();
    case Algorithm::hs384:
      return EVP_sha384();
    case Algorithm::hs512:
      return EVP_sha512();
    default:
      return nullptr;
  }
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  for (const auto& [known, name] : kNames) {
    if (known == algorithm) return name;
  }
  return {};
}

std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const auto& [algorithm, known] : kNames) {
    if (known == name) return algorithm;
  }
  return std::nullopt;
}

bool HmacKey::is_for(Algorithm algorithm) const {
  return digest_of(algorithm) != nullptr && !secret_.empty();
}

std::string HmacKey::sign(Algorithm algorithm, std::string_view message) const {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (HMAC(digest_of(algorithm), secret_.data(), static_cast<int>(secret_.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac, &size) == nullptr) {
    return {};
  }
  return {reinterpret_cast<const char*>(mac), size};
}

bool HmacKey::verify(Algorithm algorithm, std::string_view message, std::string_view signature) const {
  if (!is_for(algorithm)) return false;
  const std::string expected = sign(algorithm, message);
  return !expected.empty() && expected.size() == signature.size() &&
         CRYPTO_memcmp(expected.data(), signature.data(), expected.size()) == 0;
}

bool KeySet::allows(Algorithm algorithm) const {
  return std::ranges::find(algorithms_, algorithm) != algorithms_.end();
}

bool KeySet::has(Algorithm algorithm, std::string_view id) const {
  return std::ranges::any_of(keys_, [&](const auto& key) { return answers(*key, algorithm, id); });
}

bool KeySet::verify(Algorithm algorithm, std::string_view id, std::string_view message,
                    std::string_view signature) const {
  return allows(algorithm) && std::ranges::any_of(keys_, [&](const auto& key) {
           return answers(*key, algorithm, id) && key->verify(algorithm, message, signature);
         });
}

}  // namespace belfry::auth
