#include "auth/jws.h"

#include <gtest/gtest.h>

namespace belfry::auth {
namespace {

// RFC 7515, appendix A.1.
constexpr std::string_view kRfcKey =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
constexpr std::string_view kRfcToken =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

KeySet keys_of(std::string secret, std::string id = {},
               std::vector<Algorithm> algorithms = {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512}) {
  KeySet keys(std::move(algorithms));
  keys.add(std::make_unique<HmacKey>(std::move(secret), std::move(id)));
  return keys;
}

std::string token_of(std::string_view header, std::string_view payload, std::string_view secret) {
  const std::string input = to_base64url(header) + "." + to_base64url(payload);
  return input + "." + to_base64url(HmacKey(std::string(secret)).sign(Algorithm::hs256, input));
}

TEST(Jws, TheExampleOfTheRfcVerifies) {
  const auto keys = keys_of(from_base64url(kRfcKey).value());
  const auto payload = open_jws(kRfcToken, keys);
  ASSERT_TRUE(payload);
  EXPECT_EQ(*payload, "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

TEST(Jws, WhatIsSignedVerifiesWithEachAlgorithm) {
  const auto keys = keys_of("secret");
  for (const auto algorithm : {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512}) {
    const std::string token = make_jws("payload", HmacKey("secret"), algorithm);
    EXPECT_EQ(open_jws(token, keys), "payload") << name_of(algorithm);
    EXPECT_EQ(open_jws(token, keys_of("other")).error(), TokenProblem::bad_signature) << name_of(algorithm);
  }
}

TEST(Jws, AnyChangedCharacterIsNoticed) {
  const auto keys = keys_of("secret");
  const std::string token = make_jws(R"({"sub":"anna"})", HmacKey("secret"), Algorithm::hs256);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(open_jws(changed, keys)) << i;
    changed = token;
    changed.erase(i, 1);
    EXPECT_FALSE(open_jws(changed, keys)) << i;
    EXPECT_FALSE(open_jws(token.substr(0, i), keys)) << i;
  }
}

TEST(Jws, NoneAndUnknownAlgorithmsAreRefused) {
  const auto keys = keys_of("secret");
  for (const char* name : {"none", "None", "NONE", "hs256", "RS256", "ES256", "HS1", ""}) {
    const std::string header = std::string(R"({"alg":")") + name + R"("})";
    EXPECT_EQ(open_jws(token_of(header, "{}", "secret"), keys).error(), TokenProblem::algorithm) << name;
    EXPECT_EQ(open_jws(to_base64url(header) + ".e30.", keys).error(), TokenProblem::algorithm) << name;
  }
  const auto only_512 = keys_of("secret", {}, {Algorithm::hs512});
  EXPECT_EQ(open_jws(make_jws("{}", HmacKey("secret"), Algorithm::hs256), only_512).error(),
            TokenProblem::algorithm);
  EXPECT_EQ(open_jws(make_jws("{}", HmacKey("secret"), Algorithm::hs256), KeySet({Algorithm::hs256})).error(),
            TokenProblem::unknown_key);
}

TEST(Jws, AnEmptySecretVerifiesNothing) {
  EXPECT_FALSE(open_jws(make_jws("{}", HmacKey(""), Algorithm::hs256), keys_of("")));
}

TEST(Jws, MalformedTokens) {
  const auto keys = keys_of("secret");
  const std::string good = make_jws("{}", HmacKey("secret"), Algorithm::hs256);
  EXPECT_EQ(open_jws("", keys).error(), TokenProblem::missing);
  for (const std::string& token :
       {std::string("."), std::string(".."), std::string("..."), std::string("abc"), good + ".", good + "=",
        "." + good, " " + good, good + "\n", std::string(kTokenMaxBytes + 1, 'a'), std::string(3'000, '.'),
        token_of("[]", "{}", "secret"), token_of("{}", "{}", "secret"), token_of("{", "{}", "secret"),
        token_of(R"({"alg":256})", "{}", "secret"), token_of(R"({"alg":"HS256","kid":1})", "{}", "secret"),
        token_of(R"({"alg":"HS256","crit":["b64"],"b64":false})", "{}", "secret"),
        token_of(R"({"alg":"HS256","crit":[]})", "{}", "secret"),
        to_base64url(std::string(5'000, '[')) + ".e30.AAAA"}) {
    EXPECT_EQ(open_jws(token, keys).error(), TokenProblem::malformed) << token.substr(0, 80);
  }
  EXPECT_TRUE(open_jws(token_of(R"({"alg":"HS256","typ":["any","thing"]})", "{}", "secret"), keys));
}

TEST(Jws, AKeyIdChoosesAmongKeys) {
  KeySet keys({Algorithm::hs256});
  keys.add(std::make_unique<HmacKey>("old", "k1"));
  keys.add(std::make_unique<HmacKey>("new", "k2"));
  EXPECT_TRUE(open_jws(token_of(R"({"alg":"HS256","kid":"k1"})", "{}", "old"), keys));
  EXPECT_TRUE(open_jws(token_of(R"({"alg":"HS256","kid":"k2"})", "{}", "new"), keys));
  EXPECT_TRUE(open_jws(token_of(R"({"alg":"HS256"})", "{}", "new"), keys));
  EXPECT_FALSE(open_jws(token_of(R"({"alg":"HS256","kid":"k1"})", "{}", "new"), keys));
  EXPECT_FALSE(open_jws(token_of(R"({"alg":"HS256","kid":"k3"})", "{}", "new"), keys));
  EXPECT_TRUE(open_jws(token_of(R"({"alg":"HS256","kid":"any"})", "{}", "s"), keys_of("s")));
}

TEST(Jws, Base64urlIsReadStrictly) {
  for (const std::string& bytes : {std::string(), std::string("f"), std::string("fo"), std::string("foo"),
                                   std::string("\xff\xfe\xfb\x00", 4)}) {
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
  }
  EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
  for (const char* text : {"Zg==", "Zg=", "+/8", "Zh", "Z", "Z g", "Zg\n", "Zm9v=", "=", "Z.g"}) {
    EXPECT_FALSE(from_base64url(text)) << text;
  }
}

}  // namespace
}  // namespace belfry::auth
