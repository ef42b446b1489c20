#include "server/cli.h"

#include <gtest/gtest.h>

namespace belfry::server {
namespace {

std::expected<CommandLine, CliExit> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "belfry");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

TEST(CommandLine, ServeGivesItsFlagsAsSettings) {
  const auto line =
      parse({"serve", "--config", "a.toml", "--host", "127.0.0.1", "--port", "0", "--threads", "2",
             "--data-dir", "d", "--database", "sqlite:x", "--root-app", "health", "--dev"});
  ASSERT_TRUE(line.has_value()) << line.error().text;
  EXPECT_EQ(line->command, Command::serve);
  EXPECT_EQ(line->config_file, "a.toml");
  const auto config = load_config(Sources{.flags = line->flags});
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->server.port, 0);
  EXPECT_EQ(config->server.threads, 2);
  EXPECT_EQ(config->server.data_dir, "d");
  EXPECT_EQ(config->store.database, "sqlite:x");
  EXPECT_TRUE(config->server.dev);
}

TEST(CommandLine, AWrongFlagValueIsNamedByTheConfiguration) {
  const auto config = load_config(Sources{.flags = parse({"serve", "--port", "x"})->flags});
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().message, "flag --port: server.port must be a whole number from 0 to 65535");
  EXPECT_TRUE(
      load_config(Sources{.flags = parse({"serve", "--redis", "redis://x"})->flags})->redis.enabled());
}

TEST(CommandLine, TokenGivesItsClaims) {
  const auto line =
      parse({"token", "--sub", "u1", "--role", "patient", "--name", "Ann", "--email", "a@b.test", "--ttl",
             "30m", "--claim", "n=5", "--claim", "t=abc", "--claim", "o={\"a\":[true]}", "--claim", "e="});
  ASSERT_TRUE(line.has_value()) << line.error().text;
  EXPECT_EQ(line->command, Command::token);
  EXPECT_EQ(line->token.sub, "u1");
  EXPECT_EQ(line->token.role, "patient");
  EXPECT_EQ(line->token.ttl, std::chrono::minutes(30));
  ASSERT_EQ(line->token.claims.size(), 4U);
  EXPECT_EQ(line->token.claims[0].second, Value(5));
  EXPECT_EQ(line->token.claims[1].second, Value("abc"));
  EXPECT_EQ(line->token.claims[2].second, Value::parse(R"({"a":[true]})"));
  EXPECT_EQ(line->token.claims[3].second, Value(""));
}

TEST(CommandLine, EveryCallIsKnown) {
  EXPECT_EQ(parse({"check-config", "--config", "f"})->command, Command::check_config);
  EXPECT_EQ(parse({"migrate", "--database", "sqlite:x"})->command, Command::migrate);
  EXPECT_EQ(parse({"version"})->command, Command::version);
}

TEST(CommandLine, WrongLinesEndWithTwoAndHelpWithNought) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{},
                                             {"dance"},
                                             {"serve", "--prot", "1"},
                                             {"serve", "--port"},
                                             {"token"},
                                             {"token", "--sub", "a", "--ttl", "1x"},
                                             {"token", "--sub", "a", "--claim", "x"},
                                             {"version", "more"}}) {
    const auto line = parse(words);
    ASSERT_FALSE(line.has_value());
    EXPECT_EQ(line.error().code, 2);
    EXPECT_FALSE(line.error().text.empty());
  }
  const auto help = parse({"serve", "--help"});
  ASSERT_FALSE(help.has_value());
  EXPECT_EQ(help.error().code, 0);
  EXPECT_TRUE(help.error().text.contains("--data-dir")) << help.error().text;
}

TEST(Duration, ReadsSecondsMinutesHoursAndDays) {
  EXPECT_EQ(parse_duration("45s"), std::chrono::seconds(45));
  EXPECT_EQ(parse_duration("30m"), std::chrono::seconds(1800));
  EXPECT_EQ(parse_duration("1h"), std::chrono::seconds(3600));
  EXPECT_EQ(parse_duration("7d"), std::chrono::seconds(604800));
  EXPECT_EQ(parse_duration("3650d"), std::chrono::seconds(3650LL * 86400));
  for (const char* wrong :
       {"", "h", "1", "0s", "-1h", "1.5h", "1w", "3651d", "99999999999999999999s", "1h2m", " 1h"}) {
    EXPECT_FALSE(parse_duration(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace belfry::server
