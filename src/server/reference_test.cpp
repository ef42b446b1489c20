// The reference says what the apps take, field by field, and which routes there are.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "server/wiring.h"
#include "store/testing.h"

namespace belfry::server {
namespace {

Value reference(const char* name) {
  return Value::parse(std::ifstream(std::filesystem::path(__FILE__).parent_path() / "../../web/docs" / name));
}

class ReferenceTest : public ::testing::Test {
 protected:
  static LogOptions quiet() {
    LogOptions options;
    options.level = LogLevel::off;
    return options;
  }

  Config config_;
  Log log_{quiet()};
  runtime::EventBus bus_;
  store::testing::TempStore store_;
  Wiring wiring_{config_, "secret", {}, *store_, bus_, log_};
};

TEST_F(ReferenceTest, HasEveryEventThatClientsSendWithItsFields) {
  using Shapes = std::map<std::string, std::set<std::string>>;
  std::map<std::string, Shapes> taken;
  std::map<std::string, Shapes> documented;
  for (const apps::AppEntry& app : wiring_.apps()) {
    for (const auto& shape : app.events.shapes()) {
      taken[app.name][shape.event] = {shape.fields.begin(), shape.fields.end()};
    }
  }
  const Value events = reference("events.json");
  const auto add = [&documented](const std::string& app, const Value& list) {
    for (const Value& event : list) {
      auto& fields = documented[app][event.at("event")];
      for (const auto& [name, type] : event.at("payload").items()) fields.insert(name);
    }
  };
  for (const Value& app : events.at("apps")) {
    add(app.at("app"), app.at("clientEvents"));
    add(app.at("app"), events.at("everyApp").at("clientEvents"));
  }
  EXPECT_EQ(taken, documented);
}

TEST_F(ReferenceTest, HasEveryRoute) {
  std::set<std::string> documented;
  const Value api = reference("openapi.json");
  for (const auto& [path, methods] : api.at("paths").items()) {
    for (const auto& [method, route] : methods.items()) {
      // Beside `/v1` and `/auth` stand the probes and the metrics, which tests of theirs ask.
      if (path.starts_with("/v1/") || path.starts_with("/auth/")) documented.insert(method + " " + path);
    }
  }
  std::set<std::string> served;
  for (const auto& [path, methods] : wiring_.routes()) {
    for (std::string method : methods) {
      for (char& c : method) c = static_cast<char>(c | 0x20);
      served.insert(method + " " + path);
    }
  }
  EXPECT_EQ(served, documented);
}

}  // namespace
}  // namespace belfry::server
