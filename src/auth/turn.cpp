#include "auth/turn.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/base64.h"

namespace belfry::auth {

TurnCredential turn_credential(std::string_view secret, std::string_view user_id, WallMs now,
                               std::chrono::seconds lifetime) {
  TurnCredential made;
  made.username = std::to_string(now / 1000 + lifetime.count()) + ":" + std::string(user_id);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(made.username.data()), made.username.size(), mac, &size);
  append_base64(made.credential, {reinterpret_cast<const char*>(mac), size});
  return made;
}

}  // namespace belfry::auth
