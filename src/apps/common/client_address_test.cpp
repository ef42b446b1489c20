#include "apps/common/client_address.h"

#include <gtest/gtest.h>

namespace belfry::apps {

TEST(TrustedProxies, BelieveTheLastAddressThatNoProxyHas) {
  const auto proxies = TrustedProxies::parse({"10.0.0.0/8", "192.168.1.7", "fd00::/8"});
  ASSERT_TRUE(proxies);
  EXPECT_EQ(proxies->client_of("10.1.2.3", "1.1.1.1, 2.2.2.2, 10.9.9.9"), "2.2.2.2");
  EXPECT_EQ(proxies->client_of("192.168.1.7", "2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(proxies->client_of("fd12::1", " 3.3.3.3 "), "3.3.3.3");
  EXPECT_EQ(proxies->client_of("::ffff:10.0.0.1", "4.4.4.4"), "4.4.4.4") << "IPv4 as IPv6 maps it";
}

TEST(TrustedProxies, BelieveNobodyElse) {
  const auto proxies = TrustedProxies::parse({"10.0.0.0/8"});
  EXPECT_EQ(proxies->client_of("11.0.0.1", "1.1.1.1"), "11.0.0.1");
  EXPECT_EQ(TrustedProxies().client_of("10.0.0.1", "1.1.1.1"), "10.0.0.1");
  EXPECT_EQ(proxies->client_of("10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(proxies->client_of("10.0.0.1", "not an address"), "10.0.0.1");
  EXPECT_EQ(proxies->client_of("10.0.0.1", "1.1.1.1, <script>"), "10.0.0.1")
      << "what is behind nonsense is no better";
}

TEST(TrustedProxies, NetworksMayEndWithinAByte) {
  const auto proxies = TrustedProxies::parse({"172.16.0.0/12"});
  EXPECT_TRUE(proxies->contains("172.31.255.255"));
  EXPECT_FALSE(proxies->contains("172.32.0.0"));
  EXPECT_TRUE(TrustedProxies::parse({"0.0.0.0/0"})->contains("8.8.8.8"));
  EXPECT_FALSE(TrustedProxies::parse({"0.0.0.0/0"})->contains("2001:db8::1"));
}

TEST(TrustedProxies, AUnixSocketIsNoNetwork) {
  EXPECT_EQ(TrustedProxies::parse({"0.0.0.0/0", "::/0"})->client_of("unix", "1.1.1.1"), "unix");
  const auto proxies = TrustedProxies::parse({"unix", "10.0.0.0/8"});
  EXPECT_EQ(proxies->client_of("unix", "1.1.1.1, 10.0.0.1"), "1.1.1.1");
  EXPECT_EQ(proxies->client_of("unix", "1.1.1.1, unix"), "unix") << "nobody is forwarded from there";
  EXPECT_EQ(proxies->client_of("unix", ""), "unix");
}

TEST(TrustedProxies, AnAddressHasNothingBehindIt) {
  using namespace std::string_view_literals;
  const auto trusted = TrustedProxies::parse({"10.0.0.0/8"});
  EXPECT_EQ(trusted->client_of("10.0.0.1", "1.2.3.4\0 and more"sv), "10.0.0.1");
  EXPECT_FALSE(trusted->contains("10.0.0.1\0x"sv));
}

TEST(TrustedProxies, RefuseWhatIsNoNetwork) {
  for (const char* text :
       {"", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "fd00::/129", "/8"}) {
    EXPECT_FALSE(TrustedProxies::parse({text})) << text;
  }
}

}  // namespace belfry::apps
