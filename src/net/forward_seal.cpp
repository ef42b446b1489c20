#include "net/forward_seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace belfry::net {

namespace {

std::string signature(std::string_view secret, std::string_view method, std::string_view target,
                      std::string_view client) {
  // No part but the last may hold a line break, so none can pass for another.
  const std::string text = std::string(method).append("\n").append(target).append("\n").append(client);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace

std::string seal_forward(std::string_view secret, std::string_view method, std::string_view target,
                         const ForwardedFor& client) {
  const std::string who = client.address + (client.secure ? " https" : " http");
  return who + " " + signature(secret, method, target, who);
}

std::optional<ForwardedFor> open_forward(std::string_view secret, std::string_view method,
                                         std::string_view target, std::string_view sealed) {
  const auto end = sealed.rfind(' ');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view who = sealed.substr(0, end);
  const std::string_view given = sealed.substr(end + 1);
  const std::string expected = signature(secret, method, target, who);
  if (given.size() != expected.size() || CRYPTO_memcmp(given.data(), expected.data(), given.size()) != 0) {
    return std::nullopt;
  }
  const auto space = who.rfind(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return ForwardedFor{std::string(who.substr(0, space)), who.substr(space + 1) == "https"};
}

}  // namespace belfry::net
