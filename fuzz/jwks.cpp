// Sets of keys, and keys as PEM; and base64url.
#include "auth/jws.h"
#include "auth/public_key.h"
#include "fuzz/fuzz.h"

namespace belfry {
namespace {

using namespace auth;

void use(const VerifyKey& key) {
  for (const auto algorithm : {Algorithm::hs256, Algorithm::rs256, Algorithm::es256, Algorithm::eddsa}) {
    fuzz::check(!key.is_for(algorithm) || algorithm != Algorithm::hs256, "a public key is no secret");
    fuzz::check(!key.verify(algorithm, "message", "no signature"), "what was not signed has no signature");
  }
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  const std::string text(fuzz::text_of(data, size));
  if (const auto keys = auth::read_jwks(text)) {
    fuzz::check(keys->size() <= auth::kJwksMaxKeys, "there are not many keys");
    for (const auto& key : *keys) use(*key);
  }
  // Slow, and no reader of ours finds the beginning.
  if (text.contains("-----BEGIN ")) {
    if (const auto key = auth::read_pem_key(text)) use(**key);
  }
  if (const auto bytes = auth::from_base64url(text)) {
    fuzz::check(auth::to_base64url(*bytes) == text, "bytes have one text");
  }
  return 0;
}
