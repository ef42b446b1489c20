#include "websocket/subprotocol.h"

#include <gtest/gtest.h>

#include <string>

namespace belfry::websocket {

TEST(Subprotocol, TheFirstIsChosen) {
  EXPECT_EQ(choose_subprotocol("chat"), "chat");
  EXPECT_EQ(choose_subprotocol(" chat.v2 ,\tchat"), "chat.v2");
}

TEST(Subprotocol, WhatIsNoListOfDifferentTokensIsRefused) {
  for (const char* offered :
       {"", " ", ",", "chat,", ",chat", "chat,,mqtt", "a b", "chat, chat", "ch\"at", "a/b"}) {
    EXPECT_EQ(choose_subprotocol(offered), std::nullopt) << offered;
  }
  std::string many = "p0";
  for (int i = 1; i < 65; ++i) many += ",p" + std::to_string(i);
  EXPECT_EQ(choose_subprotocol(many), std::nullopt);
}

}  // namespace belfry::websocket
