#include "net/forward_seal.h"

#include <gtest/gtest.h>

#include "net/peers.h"

namespace belfry::net {

namespace {

constexpr std::string_view kSecret = "a secret of the cluster";
const ForwardedFor kClient{"2001:db8::7", true};

}  // namespace

TEST(ForwardSeal, WhoKnowsTheSecretReadsForWhomItIs) {
  const auto sealed = seal_forward(kSecret, "GET", "/socket.io/?sid=x", kClient);
  EXPECT_EQ(open_forward(kSecret, "GET", "/socket.io/?sid=x", sealed), kClient);
  const ForwardedFor nobody{"", false};
  EXPECT_EQ(open_forward(kSecret, "GET", "/", seal_forward(kSecret, "GET", "/", nobody)), nobody);
}

TEST(ForwardSeal, ItIsGoodForThatRequestUnderThatSecretOnly) {
  const auto sealed = seal_forward(kSecret, "GET", "/socket.io/?sid=x", kClient);
  EXPECT_FALSE(open_forward("another", "GET", "/socket.io/?sid=x", sealed));
  EXPECT_FALSE(open_forward(kSecret, "POST", "/socket.io/?sid=x", sealed));
  EXPECT_FALSE(open_forward(kSecret, "GET", "/socket.io/?sid=y", sealed));
  EXPECT_FALSE(open_forward(kSecret, "GET", "/socket.io/?sid=x", "192.0.2.1" + sealed.substr(11)));
  EXPECT_FALSE(open_forward(kSecret, "GET", "/socket.io/?sid=x", sealed.substr(0, sealed.size() - 1)));
}

TEST(ForwardSeal, WhatIsNoneIsNone) {
  for (const std::string_view text : {"", " ", "  ", "a", "a b", "a http ", "a http 00"}) {
    EXPECT_FALSE(open_forward(kSecret, "GET", "/", text)) << text;
  }
}

TEST(Peers, AnAddressIsAHostAndAPort) {
  EXPECT_EQ(read_peer_address("belfry-2.internal:8081")->host, "belfry-2.internal");
  EXPECT_EQ(read_peer_address("[::1]:80")->host, "::1");
  EXPECT_EQ(read_peer_address("[::1]:80")->port, 80);
  for (const std::string_view text :
       {"", "host", ":80", "host:", "host:x", "host:70000", "::1:80", "host:-1"}) {
    EXPECT_FALSE(read_peer_address(text)) << text;
  }
}

TEST(Peers, SoManyAreForwardedAtOnce) {
  ClusterOptions options;
  options.max_forwards = 2;
  Peers peers(options, std::chrono::seconds(1));
  const auto first = peers.begin();
  auto second = peers.begin();
  EXPECT_EQ(peers.begin(), nullptr);
  second.reset();
  EXPECT_NE(peers.begin(), nullptr);
}

}  // namespace belfry::net
