#include "auth/public_key.h"

#include <gtest/gtest.h>

#include "auth/jws.h"

namespace belfry::auth {
namespace {

const std::vector kAlgorithms = {Algorithm::hs256, Algorithm::rs256, Algorithm::es256, Algorithm::eddsa};

// RFC 7515, appendix A.2.
constexpr const char* kRsaJwk =
    R"({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})";
constexpr const char* kRsaToken =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb29"
    "0Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5j"
    "ujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRm"
    "B_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AX"
    "LIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
// RFC 7515, appendix A.3.
constexpr const char* kEcJwk =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr const char* kEcToken =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb29"
    "0Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
// RFC 8037, appendix A.
constexpr const char* kEdJwk =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr const char* kEdToken =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbh"
    "ijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

struct Vector {
  const char* jwk;
  const char* token;
};
constexpr Vector kVectors[] = {{kRsaJwk, kRsaToken}, {kEcJwk, kEcToken}, {kEdJwk, kEdToken}};

std::string set_of(const std::vector<std::string>& jwks) {
  std::string text;
  for (const auto& jwk : jwks) text += (text.empty() ? "" : ",") + jwk;
  return "{\"keys\":[" + text + "]}";
}
std::string with(const std::string& jwk, const std::string& member) {
  return jwk.substr(0, jwk.size() - 1) + "," + member + "}";
}
KeySet keys_of(const std::vector<std::string>& jwks, std::vector<Algorithm> algorithms = kAlgorithms) {
  KeySet keys(std::move(algorithms));
  const auto listed = read_jwks(set_of(jwks));
  for (const auto& key : *listed) keys.add(key);
  return keys;
}
std::size_t count(const std::string& jwk) {
  return read_jwks(set_of({jwk}))->size();
}

TEST(PublicKey, TheVectorsOfTheRfcsHold) {
  for (const auto& [jwk, token] : kVectors) {
    EXPECT_TRUE(open_jws(token, keys_of({jwk}))) << token;
    EXPECT_TRUE(open_jws(token, keys_of({kRsaJwk, kEcJwk, kEdJwk}))) << token;
  }
}

TEST(PublicKey, AChangedTokenDoesNot) {
  for (const auto& [jwk, token] : kVectors) {
    std::string changed = token;
    const auto payload = changed.find('.') + 1;
    changed[payload] = changed[payload] == 'e' ? 'f' : 'e';
    EXPECT_EQ(open_jws(changed, keys_of({jwk})).error(), TokenProblem::bad_signature);
    const std::string cut(std::string_view(token).substr(0, std::string_view(token).size() - 4));
    EXPECT_FALSE(open_jws(cut, keys_of({jwk})));
  }
}

TEST(PublicKey, IsForItsOwnAlgorithmAlone) {
  EXPECT_EQ(open_jws(kRsaToken, keys_of({kEcJwk, kEdJwk})).error(), TokenProblem::unknown_key);
  EXPECT_EQ(open_jws(kRsaToken, keys_of({kRsaJwk}, {Algorithm::es256})).error(), TokenProblem::algorithm);
  // An HMAC under the public key's own text.
  const std::string forged = make_jws("{}", HmacKey(kRsaJwk), Algorithm::hs256);
  EXPECT_EQ(open_jws(forged, keys_of({kRsaJwk})).error(), TokenProblem::unknown_key);
}

TEST(PublicKey, KidUseAndAlgAreHonoured) {
  const auto keys = keys_of({with(kEdJwk, R"("kid":"one")")});
  EXPECT_TRUE(keys.has(Algorithm::eddsa, "one"));
  EXPECT_TRUE(keys.has(Algorithm::eddsa, ""));
  EXPECT_FALSE(keys.has(Algorithm::eddsa, "two"));
  EXPECT_EQ(count(with(kEdJwk, R"("use":"sig","alg":"EdDSA")")), 1u);
  EXPECT_EQ(count(with(kEdJwk, R"("use":"enc")")), 0u);
  EXPECT_EQ(count(with(kEdJwk, R"("alg":"ES256")")), 0u);
}

TEST(PublicKey, WhatIsNotUnderstoodIsLeftOut) {
  for (
      const char* jwk :
      {"1", "{}", R"({"kty":"oct","k":"c2VjcmV0"})", R"({"kty":"RSA","n":"AQAB","e":"AQAB"})",
       R"({"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"})",
       R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})",
       R"({"kty":"OKP","crv":"Ed25519","x":"AA"})",
       R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
       R"({"kty":"RSA","n":7,"e":"AQAB"})"}) {
    EXPECT_EQ(count(jwk), 0u) << jwk;
  }
}

TEST(PublicKey, WhatIsNoSetIsRefused) {
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", "<html>"}) {
    EXPECT_EQ(read_jwks(text).error().kind, ErrorKind::malformed) << text;
  }
  EXPECT_EQ(read_jwks(set_of(std::vector<std::string>(101, kEdJwk))).error().kind, ErrorKind::too_large);
}

TEST(PublicKey, PemIsReadAndWeakKeysAreRefused) {
  const auto ed = read_pem_key(
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END "
      "PUBLIC KEY-----\n");
  ASSERT_TRUE(ed);
  EXPECT_TRUE((*ed)->is_for(Algorithm::eddsa));
  const char* rsa1024 =
      "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCtH+hz8hW4gp16VfKYCRPIyGg0\n"
      "t28B2nOZIl7KR6lwJyjH7ami+kQ/WX8d2oMO2HyT31adcyPHD/N8HYs9Usv9ZQPo\n"
      "d9jfNRS/Vv56dFbFnBzry4ucDlc4Hvuctr1LeDg25hYpS7bpcFUZsUfDDrsu5Wr4\n"
      "c2Rk9y/87dk1BI9fdwIDAQAB\n-----END PUBLIC KEY-----\n";
  const char* p384 =
      "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE22IrUD7JE3910iR/Y+z2oMgjQAGolNvv\n"
      "/hku4tJ0X9d9ErvzZ4fBwQPuiUoXc6vOlGsNh4X/hjjf/4Kw7fTui9UQ0fouhWpk\n"
      "eDSkl+Vw37E81aHlzqtVNTDnMv6gBx/X\n-----END PUBLIC KEY-----\n";
  for (const char* text : {"", "no key", rsa1024, p384}) EXPECT_FALSE(read_pem_key(text)) << text;
}

}  // namespace
}  // namespace belfry::auth
