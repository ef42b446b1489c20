#include "auth/password.h"

#include <gtest/gtest.h>

namespace belfry::auth {

TEST(Password, IsVerifiedByItsHashAndNoOther) {
  const auto hash = hash_password("correct horse");
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$"));
  EXPECT_TRUE(verify_password(*hash, "correct horse"));
  EXPECT_FALSE(verify_password(*hash, "correct horse "));
  EXPECT_FALSE(verify_password(*hash, ""));
  EXPECT_FALSE(verify_password("no hash", "correct horse"));
  EXPECT_NE(*hash_password("correct horse"), *hash);
}

TEST(RandomToken, IsLongAndNeverTheSame) {
  EXPECT_EQ(random_token().size(), 43u);
  EXPECT_NE(random_token(), random_token());
}

}  // namespace belfry::auth
