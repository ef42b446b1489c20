// Tokens: as they come, and with claims that are signed here, so that they are looked at.
#include "auth/jwt.h"

#include "auth/public_key.h"
#include "fuzz/fuzz.h"

namespace belfry {
namespace {

using namespace auth;
using fuzz::check;
constexpr WallMs kNow = 1'767'323'045'000;

// RFC 7515 (A.3) and RFC 8037 (A).
constexpr std::string_view kKeys =
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

const HmacKey& secret() {
  static const HmacKey key("secret", "mine");
  return key;
}

const TokenVerifier& verifier() {
  static const TokenVerifier verifier = [] {
    auto keys = std::make_shared<KeySet>(std::vector{Algorithm::hs256, Algorithm::es256, Algorithm::eddsa});
    keys->add(std::make_shared<HmacKey>(secret()));
    const auto listed = read_jwks(kKeys);
    for (const auto& key : *listed) keys->add(key);
    return TokenVerifier({}, std::move(keys));
  }();
  return verifier;
}

void verify(const std::string& token) {
  const auto claims = verifier().verify(token, kNow);
  if (!claims) return;
  check(!claims->user_id.empty() && claims->user_id.size() <= 255, "a user has an id");
  check(claims->all.is_object(), "claims are an object");
  constexpr WallMs kLeeway = 5'000;
  check(!claims->expires_at || *claims->expires_at + kLeeway >= kNow, "it has not expired");
  check(!claims->not_before || *claims->not_before <= kNow + kLeeway, "it has begun");
  // Whoever changes a byte of it has no token.
  std::string forged = token;
  forged[forged.find('.') + 1] ^= 0x01;
  check(!verifier().verify(forged, kNow), "a token that was changed is none");
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  if (input.ConsumeBool()) {
    verify(input.ConsumeRemainingBytesAsString());
  } else if (input.ConsumeBool()) {
    verify(auth::make_jws(input.ConsumeRemainingBytesAsString(), secret(), auth::Algorithm::hs256));
  } else {
    const std::string header = input.ConsumeRandomLengthString();
    const std::string text =
        auth::to_base64url(header) + "." + auth::to_base64url(input.ConsumeRemainingBytesAsString());
    verify(text + "." + auth::to_base64url(secret().sign(auth::Algorithm::hs256, text)));
  }
  return 0;
}
