// The reference of events says what the app takes, field by field.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "apps/health/health.h"
#include "store/testing.h"

namespace belfry::health {

using Shapes = std::map<std::string, std::set<std::string>>;

TEST(Reference, HasEveryEventThatClientsSendWithItsFields) {
  LogOptions quiet;
  quiet.level = LogLevel::off;
  Log log(quiet);
  store::testing::TempStore store;
  Server server;
  const auto keys = std::make_shared<auth::KeySet>(std::vector<auth::Algorithm>());
  const auth::TokenVerifier verifier({}, keys);
  const apps::TrustedProxies proxies;
  const apps::Identity identity(*store, verifier, [](const auto& done) { done(); }, {});
  apps::Api api(server, identity, log);
  runtime::EventBus bus;
  apps::Homes<auth::MemoryRateLimiter> connects(
      server, [] { return std::make_unique<auth::MemoryRateLimiter>(auth::RateLimit()); });
  Health app({server, *store, bus, identity, proxies, connects, api, log, milliseconds(1)}, {}, false);
  Shapes taken;
  for (const auto& shape : app.events().shapes())
    taken[shape.event] = {shape.fields.begin(), shape.fields.end()};

  const auto page = std::filesystem::path(__FILE__).parent_path() / "../../../web/docs/events.json";
  const Value reference = Value::parse(std::ifstream(page));
  Shapes documented;
  for (const Value& event : reference.at("clientEvents")) {
    auto& fields = documented[event.at("event")];
    for (const auto& [name, type] : event.at("payload").items()) fields.insert(name);
  }
  EXPECT_EQ(taken, documented);
}

}  // namespace belfry::health
