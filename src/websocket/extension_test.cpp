#include "websocket/extension.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace belfry::websocket {
namespace {

std::string answer(const std::string& offers, const DeflatePolicy& policy = {}) {
  const auto agreed = negotiate_deflate(offers, policy);
  return agreed ? agreed->response : "none";
}

constexpr auto kNoContexts = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

TEST(Extension, AcceptsOffers) {
  const std::string base = kNoContexts;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"permessage-deflate", base},
      {"permessage-deflate; client_max_window_bits", base},
      {"permessage-deflate;client_max_window_bits=15", base + "; client_max_window_bits=15"},
      {"permessage-deflate; client_max_window_bits=8", base + "; client_max_window_bits=8"},
      {"permessage-deflate; server_max_window_bits=15", base + "; server_max_window_bits=15"},
      {"permessage-deflate; server_max_window_bits=12", base + "; server_max_window_bits=12"},
      {"permessage-deflate; server_max_window_bits=14", base + "; server_max_window_bits=12"},
      {"permessage-deflate; server_max_window_bits=11", base + "; server_max_window_bits=9"},
      {"permessage-deflate; server_max_window_bits=\"9\"", base + "; server_max_window_bits=9"},
      {"permessage-deflate; server_no_context_takeover; client_no_context_takeover", base},
      {" permessage-deflate ;\tserver_no_context_takeover ", base},
  };
  for (const auto& [offer, expected] : cases) EXPECT_EQ(answer(offer), expected) << offer;
}

TEST(Extension, DeclinesOffers) {
  for (const std::string offer : {
           "",
           "x-webkit-deflate-frame",
           "permessage-deflate; unknown",
           "permessage-deflate; unknown=1",
           "permessage-deflate; server_no_context_takeover=1",
           "permessage-deflate; client_no_context_takeover=\"x\"",
           "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
           "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
           "permessage-deflate; server_max_window_bits",
           "permessage-deflate; server_max_window_bits=8",
           "permessage-deflate; server_max_window_bits=16",
           "permessage-deflate; server_max_window_bits=010",
           "permessage-deflate; server_max_window_bits=x",
           "permessage-deflate; client_max_window_bits=7",
           "permessage-deflate; client_max_window_bits=16",
           "permessage-deflate; client_max_window_bits=",
           "permessage-deflate;",
           "permessage-deflate,",
           ", permessage-deflate",
           "permessage-deflate; a=\"b",
           "permessage-deflate; a=\"b\\",
           "permessage-deflate x",
           "permessage-deflate; =1",
           "Permessage-Deflate",
       }) {
    EXPECT_EQ(answer(offer), "none") << offer;
  }
}

TEST(Extension, TakesTheFirstThatItCan) {
  EXPECT_EQ(answer("x-other; a=1, permessage-deflate; server_max_window_bits=8, permessage-deflate; "
                   "server_max_window_bits=9, permessage-deflate"),
            std::string(kNoContexts) + "; server_max_window_bits=9");
}

TEST(Extension, KeepsContextsWhereBothSidesMay) {
  const DeflatePolicy keep{.keep_contexts = true};
  EXPECT_EQ(answer("permessage-deflate", keep), "permessage-deflate");
  EXPECT_EQ(answer("permessage-deflate; server_no_context_takeover", keep),
            "permessage-deflate; server_no_context_takeover");
  EXPECT_EQ(answer("permessage-deflate; client_no_context_takeover", keep),
            "permessage-deflate; client_no_context_takeover");
  const auto agreed = negotiate_deflate("permessage-deflate; client_no_context_takeover", keep);
  ASSERT_TRUE(agreed);
  EXPECT_TRUE(agreed->server_keeps_context);
  EXPECT_FALSE(agreed->client_keeps_context);
}

TEST(Extension, HoldsBothSidesToItsWindow) {
  const DeflatePolicy small{.window_bits = 11};
  EXPECT_EQ(answer("permessage-deflate", small), std::string(kNoContexts) + "; server_max_window_bits=11")
      << "the client has not said that its window can be told";
  EXPECT_EQ(negotiate_deflate("permessage-deflate", small)->client_window_bits, 15);
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits", small),
            std::string(kNoContexts) + "; server_max_window_bits=11; client_max_window_bits=11");
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits=10; server_max_window_bits=10", small),
            std::string(kNoContexts) + "; server_max_window_bits=9; client_max_window_bits=10");
}

}  // namespace
}  // namespace belfry::websocket
