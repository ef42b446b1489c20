#include "auth/turn.h"

#include <gtest/gtest.h>

namespace belfry::auth {

// The expected value: printf %s '1767326645:ann' | openssl dgst -sha1 -hmac north -binary | base64
TEST(Turn, ACredentialIsTheMacOfExpiryAndUser) {
  const auto made = turn_credential("north", "ann", 1'767'323'045'678, std::chrono::hours(1));
  EXPECT_EQ(made.username, "1767326645:ann");
  EXPECT_EQ(made.credential, "/qKQhix4rMvSnvS5nmO2SJH2T9k=");
}

}  // namespace belfry::auth
