#include "server/cluster.h"

#include <gtest/gtest.h>

namespace belfry::server {
namespace {

TEST(KnownPeers, WhatANodeTookBackOfAnEpochBeforeDoesNotCount) {
  KnownPeers peers(PeerAddresses{{"a", "10.0.0.1:1"}});
  const std::string before = "10.0.0.2:2";
  const std::string after = "10.0.0.2:3";
  EXPECT_EQ(peers.find("b"), std::nullopt);
  peers.on_fact("b:1", "b", &before);
  EXPECT_EQ(peers.find("b"), before);
  peers.on_fact("b:2", "b", &after);
  peers.on_fact("b:1", "b", nullptr);
  EXPECT_EQ(peers.find("b"), after);
  peers.on_fact("b:2", "b", nullptr);
  EXPECT_EQ(peers.find("b"), std::nullopt);
  EXPECT_EQ(peers.find("a"), "10.0.0.1:1");
}

TEST(KnownPeers, TheSettingsHaveTheLastWord) {
  KnownPeers peers(PeerAddresses{{"a", "10.0.0.1:1"}});
  const std::string other = "10.0.0.9:9";
  peers.on_fact("x:1", "a", &other);
  EXPECT_EQ(peers.find("a"), "10.0.0.1:1");
}

TEST(Forwarding, OnlyANodeWithATagHasAPart) {
  Config config;
  EXPECT_FALSE(Forwarding(config).options("secret"));
  config.redis.url = "redis://127.0.0.1";
  const auto options = Forwarding(config).options("secret");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->node.size(), 8U);
  EXPECT_NE(options->node, Forwarding(config).options("secret")->node);
  config.cluster.node = "a";
  EXPECT_EQ(Forwarding(config).options("secret")->node, "a");
  config.cluster.node = "";
  config.cluster.listen = "off";
  EXPECT_FALSE(Forwarding(config).options("secret")) << "nothing is to be forwarded";
}

}  // namespace
}  // namespace belfry::server
