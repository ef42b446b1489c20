#include "auth/jwt.h"

#include <gtest/gtest.h>

namespace belfry::auth {
namespace {

constexpr WallMs kNow = 1'767'323'045'000;
constexpr std::int64_t kNowS = kNow / 1000;

std::expected<Claims, TokenProblem> verify(const Value& claims, TokenRules rules = {}, WallMs now = kNow) {
  auto keys = std::make_shared<KeySet>(std::vector{Algorithm::hs256});
  keys->add(std::make_unique<HmacKey>("secret"));
  return TokenVerifier(std::move(rules), std::move(keys))
      .verify(sign_token(claims, HmacKey("secret"), Algorithm::hs256), now);
}

TEST(Jwt, ClaimsAreRead) {
  const auto claims = verify({{"sub", "anna"},
                              {"role", "patient"},
                              {"name", "Anna"},
                              {"email", "anna@example.com"},
                              {"exp", kNowS + 60},
                              {"nbf", kNowS - 60},
                              {"team", 7}});
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->user_id, "anna");
  EXPECT_EQ(claims->role, "patient");
  EXPECT_EQ(claims->name, "Anna");
  EXPECT_EQ(claims->email, "anna@example.com");
  EXPECT_EQ(claims->expires_at, kNow + 60'000);
  EXPECT_EQ(claims->not_before, kNow - 60'000);
  EXPECT_EQ(claims->all["team"], 7);
}

TEST(Jwt, TheUserIdIsSubElseUserIdElseId) {
  EXPECT_EQ(verify({{"sub", "a"}, {"userId", "b"}, {"id", "c"}})->user_id, "a");
  EXPECT_EQ(verify({{"userId", "b"}, {"id", "c"}})->user_id, "b");
  EXPECT_EQ(verify({{"sub", nullptr}, {"userId", ""}, {"id", "c"}})->user_id, "c");
}

TEST(Jwt, ANumberIsItsDecimalText) {
  EXPECT_EQ(verify({{"sub", 42}})->user_id, "42");
  EXPECT_EQ(verify({{"id", 18446744073709551615u}})->user_id, "18446744073709551615");
  EXPECT_EQ(verify({{"sub", 42.0}})->user_id, "42");
  EXPECT_EQ(verify({{"sub", 0}})->user_id, "0");
  EXPECT_EQ(verify({{"sub", -7}})->user_id, "-7");
}

TEST(Jwt, NoUsableUserIdIsMalformed) {
  for (const Value& claims :
       {Value::object(), Value{{"sub", ""}}, Value{{"sub", true}}, Value{{"sub", {{"id", "x"}}}, {"id", "c"}},
        Value{{"sub", std::string(256, 'x')}}, Value{{"sub", "a\nb"}}, Value{{"sub", std::string("a\0b", 3)}},
        Value("text"), Value::array({1}), Value()}) {
    EXPECT_EQ(verify(claims).error(), TokenProblem::malformed) << claims.dump();
  }
}

TEST(Jwt, ExpiryHasFiveSecondsOfLeeway) {
  EXPECT_TRUE(verify({{"sub", "a"}, {"exp", kNowS + 1}}));
  EXPECT_TRUE(verify({{"sub", "a"}, {"exp", kNowS}}));
  EXPECT_TRUE(verify({{"sub", "a"}, {"exp", kNowS - 4}}));
  EXPECT_TRUE(verify({{"sub", "a"}, {"exp", double(kNowS) - 4.5}}));
  EXPECT_EQ(verify({{"sub", "a"}, {"exp", kNowS - 5}}).error(), TokenProblem::expired);
  EXPECT_EQ(verify({{"sub", "a"}, {"exp", 0}}).error(), TokenProblem::expired);
  EXPECT_EQ(verify({{"sub", "a"}, {"exp", -1e300}}).error(), TokenProblem::expired);
  EXPECT_TRUE(verify({{"sub", "a"}, {"exp", 1e300}}));
  EXPECT_TRUE(verify({{"sub", "a"}, {"exp", 18446744073709551615u}}));
}

TEST(Jwt, NotBeforeHasFiveSecondsOfLeeway) {
  EXPECT_TRUE(verify({{"sub", "a"}, {"nbf", kNowS + 5}}));
  EXPECT_EQ(verify({{"sub", "a"}, {"nbf", kNowS + 6}}).error(), TokenProblem::not_yet_valid);
}

TEST(Jwt, TimesOfAWrongTypeAreMalformed) {
  for (const Value& time : {Value("soon"), Value(nullptr), Value(true), Value::array()}) {
    EXPECT_EQ(verify({{"sub", "a"}, {"exp", time}}).error(), TokenProblem::malformed) << time.dump();
    EXPECT_EQ(verify({{"sub", "a"}, {"nbf", time}}).error(), TokenProblem::malformed) << time.dump();
  }
}

TEST(Jwt, OtherClaimsOfAWrongTypeAreAsIfAbsent) {
  const auto claims = verify({{"sub", "a"}, {"role", {"admin"}}, {"name", 5}, {"email", nullptr}});
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->role + claims->name + claims->email, "");
}

TEST(Jwt, IssuerAndAudienceAreCheckedWhenConfigured) {
  const TokenRules rules{.issuer = "us", .audience = "chat"};
  EXPECT_TRUE(verify({{"sub", "a"}, {"iss", "us"}, {"aud", "chat"}}, rules));
  EXPECT_TRUE(verify({{"sub", "a"}, {"iss", "us"}, {"aud", {"mail", "chat"}}}, rules));
  EXPECT_EQ(verify({{"sub", "a"}, {"aud", "chat"}}, rules).error(), TokenProblem::wrong_issuer);
  EXPECT_EQ(verify({{"sub", "a"}, {"iss", {"us"}}, {"aud", "chat"}}, rules).error(),
            TokenProblem::wrong_issuer);
  EXPECT_EQ(verify({{"sub", "a"}, {"iss", "us"}}, rules).error(), TokenProblem::wrong_audience);
  EXPECT_EQ(verify({{"sub", "a"}, {"iss", "us"}, {"aud", {"mail"}}}, rules).error(),
            TokenProblem::wrong_audience);
  EXPECT_EQ(verify({{"sub", "a"}, {"iss", "us"}, {"aud", {{"chat", 1}}}}, rules).error(),
            TokenProblem::wrong_audience);
  EXPECT_TRUE(verify({{"sub", "a"}, {"iss", "anyone"}, {"aud", "anything"}}));
}

TEST(Jwt, AnExpiredTokenWithABadSignatureIsABadSignature) {
  auto keys = std::make_shared<KeySet>(std::vector{Algorithm::hs256});
  keys->add(std::make_unique<HmacKey>("secret"));
  const std::string forged = sign_token({{"sub", "a"}, {"exp", 1}}, HmacKey("guess"), Algorithm::hs256);
  EXPECT_EQ(TokenVerifier({}, keys).verify(forged, kNow).error(), TokenProblem::bad_signature);
}

TEST(Jwt, EveryProblemHasItsText) {
  EXPECT_EQ(text_of(TokenProblem::missing), "no token");
  EXPECT_EQ(text_of(TokenProblem::expired), "expired");
}

}  // namespace
}  // namespace belfry::auth
