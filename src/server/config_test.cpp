#include "server/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "server/settings.h"

namespace belfry::server {
namespace {

Sources from_toml(std::string text) {
  return Sources{.toml = {{"belfry.toml", std::move(text)}}};
}
Sources from_environment(std::string name, std::string value) {
  return Sources{.environment = {{std::move(name), std::move(value)}}};
}

/// The text of the error that these sources make; empty where they are accepted.
std::string problems(const Sources& sources) {
  const auto config = load_config(sources);
  return config ? "" : config.error().message;
}

TEST(Config, DefaultsHoldWhereNothingIsGiven) {
  const auto config = load_config({});
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->server.port, 8080);
  EXPECT_EQ(config->cors.origins, std::vector<std::string>{"http://localhost:3000"});
  EXPECT_EQ(config->health.connections_per_minute, 30);
  EXPECT_EQ(config->database(), "sqlite:belfry-data/belfry.db");
  EXPECT_TRUE(config->set_by.empty());
}

TEST(Config, EachSourceOverridesTheWeakerOnes) {
  Sources sources = from_toml("[server]\nport = 1001\n");
  EXPECT_EQ(load_config(sources)->server.port, 1001);
  sources.dotenv = {".env", "PORT=1002\n"};
  EXPECT_EQ(load_config(sources)->server.port, 1002);
  sources.environment["PORT"] = "1003";
  EXPECT_EQ(load_config(sources)->server.port, 1003);
  sources.environment["BELFRY_SERVER_PORT"] = "1004";
  EXPECT_EQ(load_config(sources)->server.port, 1004);
  sources.flags.push_back({"--port", "server.port", "1005"});
  const auto config = load_config(sources);
  EXPECT_EQ(config->server.port, 1005);
  EXPECT_EQ(config->set_by.at("server.port"), "flag --port");
}

TEST(Config, TomlSetsEveryType) {
  const auto config =
      load_config(from_toml("[server]\ndev = true\ndrain_ms = 250\nmax_payload_bytes = 2048\n"
                            "[auth]\napi_keys = ['a', 'b']\nissuer = 'me'\n"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_TRUE(config->server.dev);
  EXPECT_EQ(config->server.drain_ms, milliseconds(250));
  EXPECT_EQ(config->server.max_payload_bytes, 2048U);
  EXPECT_EQ(config->auth.api_keys, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config->auth.issuer, "me");
}

TEST(Config, UnknownKeysInTomlAreErrorsWithTheirLine) {
  EXPECT_EQ(problems(from_toml("[server]\n\nprot = 1\n")),
            "belfry.toml:3: server.prot is not a known setting");
  EXPECT_EQ(problems(from_toml("\n[sever]\nport = 1\n")), "belfry.toml:2: sever is not a known section");
  EXPECT_EQ(problems(from_toml("port = 1\n")), "belfry.toml:1: port is not a known section");
}

TEST(Config, WrongTypesAndRangesNameKeyAndLine) {
  const std::string expected = "belfry.toml:2: server.port must be a whole number from 0 to 65535";
  EXPECT_EQ(problems(from_toml("[server]\nport = \"80\"\n")), expected);
  EXPECT_EQ(problems(from_toml("[server]\nport = 80.5\n")), expected);
  EXPECT_EQ(problems(from_toml("[server]\nport = 65536\n")), expected);
  EXPECT_EQ(problems(from_toml("[server]\nport = -1\n")), expected);
  EXPECT_EQ(problems(from_toml("[server]\ndev = 1\n")), "belfry.toml:2: server.dev must be true or false");
  EXPECT_EQ(problems(from_toml("[auth]\nissuer = 1\n")), "belfry.toml:2: auth.issuer must be a text");
  EXPECT_EQ(problems(from_toml("[auth]\napi_keys = 'a'\n")),
            "belfry.toml:2: auth.api_keys must be a list of texts");
  EXPECT_EQ(problems(from_toml("[auth]\napi_keys = ['a', 1]\n")),
            "belfry.toml:2: auth.api_keys must be a list of texts");
}

TEST(Config, EveryProblemIsReported) {
  const std::string text =
      problems(from_toml("[server]\nport = -1\nthreads = 1000\n[log]\nlevel = 'loud'\n"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 2) << text;
  EXPECT_TRUE(text.contains("belfry.toml:5: log.level must be trace, debug, info, warn, error or off"))
      << text;
}

TEST(Config, BrokenTomlIsAnErrorWithItsLine) {
  EXPECT_TRUE(problems(from_toml("[server]\nport = \n")).starts_with("belfry.toml:2: "));
  for (const std::string& wrong :
       {std::string(2000, '['), "a = " + std::string(2000, '['), std::string("\xff"), std::string("a.=1"),
        std::string("[]"), std::string("\u01e8 = 1"), std::string("a = 1\u00e4")}) {
    EXPECT_TRUE(problems(from_toml(wrong)).starts_with("belfry.toml:1: ")) << wrong;
  }
}

TEST(Config, EveryWellKnownVariableIsRead) {
  // These may be any text.
  const std::set<std::string> free = {"auth.jwt_secret", "log.debug", "redis.host", "redis.password"};
  for (const Setting& setting : settings()) {
    for (const std::string_view name : setting.variables) {
      const auto config = load_config(from_environment(std::string(name), "\x01"));
      ASSERT_EQ(config.has_value(), free.contains(setting.name())) << name;
      if (!config) {
        EXPECT_TRUE(config.error().message.starts_with("environment " + std::string(name) + ": ")) << name;
      }
    }
  }
}

TEST(Config, TheFirstOfSeveralNamesWins) {
  Sources sources;
  sources.environment = {
      {"FRONTEND_URL", "http://c.test"}, {"ALLOWED_ORIGINS", "http://b.test"}, {"CORS_ORIGINS", ""}};
  EXPECT_EQ(load_config(sources)->cors.origins, std::vector<std::string>{"http://b.test"});
}

TEST(Config, ListsInTheEnvironmentAreSeparatedByCommas) {
  const auto config =
      load_config(from_environment("CORS_ORIGINS", " http://a.test/, ,https://b.test:8443 ,"));
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->cors.origins, (std::vector<std::string>{"http://a.test", "https://b.test:8443"}));
}

TEST(Config, EmptyVariablesCountAsUnset) {
  EXPECT_EQ(load_config(from_environment("PORT", ""))->server.port, 8080);
  EXPECT_EQ(problems(from_environment("BELFRY_SERVER_NONSENSE", "")), "");
}

TEST(Config, UnknownVariablesOfKnownSectionsAreErrors) {
  EXPECT_EQ(problems(from_environment("BELFRY_SERVER_PROT", "1")),
            "environment BELFRY_SERVER_PROT: is not a known setting");
  EXPECT_EQ(problems(from_environment("BELFRY_HOME", "/x")), "");
  EXPECT_EQ(problems(from_environment("BELFRY_SERVERS_PORT", "1")), "");
}

TEST(Config, DotenvErrorsNameFileLineAndVariable) {
  Sources sources{.dotenv = {".env", "# mine\n\nPORT=ten\n"}};
  EXPECT_EQ(problems(sources), ".env:3 PORT: server.port must be a whole number from 0 to 65535");
  sources.dotenv.text = "A=1\nnonsense\n";
  EXPECT_EQ(problems(sources), ".env:2: expected NAME=value");
}

TEST(Config, SecretsKeepTheirSpaces) {
  EXPECT_EQ(load_config(from_environment("JWT_SECRET", " a b "))->auth.jwt_secret, " a b ");
}

TEST(Config, ChoicesAreTakenInAnyCase) {
  const auto config = load_config(from_environment("LOG_LEVEL", "WARN"));
  EXPECT_EQ(config->log.level, "warn");
  EXPECT_EQ(config->log_options().level, LogLevel::warn);
  EXPECT_EQ(problems(from_environment("BELFRY_AUTH_JWT_ALGORITHMS", "HS256,none")),
            "environment BELFRY_AUTH_JWT_ALGORITHMS: auth.jwt_algorithms must be a list of HS256, HS384, "
            "HS512, RS256, ES256 "
            "or EdDSA");
}

TEST(Config, PublicKeysAreAskedForWhereAnAlgorithmNeedsThem) {
  EXPECT_EQ(
      problems(from_environment("BELFRY_AUTH_JWT_ALGORITHMS", "RS256")),
      "environment BELFRY_AUTH_JWT_ALGORITHMS: auth.jwt_algorithms names one that needs a public key: set "
      "jwt_public_key_file, jwks_file or jwks_url");
  EXPECT_EQ(problems(from_environment("BELFRY_AUTH_JWKS_URL", "ftp://example.org")),
            "environment BELFRY_AUTH_JWKS_URL: auth.jwks_url must begin with http:// or https://");
}

TEST(Config, WhereToListenIsChecked) {
  EXPECT_EQ(problems(from_toml("[tls]\ncert_file = 'cert.pem'\n")),
            "default: tls.key_file must be set too: certificate and key belong together");
  EXPECT_EQ(problems(from_toml("[tls]\ncert_file = 'cert.pem'\nkey_file = 'key.pem'\n")), "");
  EXPECT_EQ(problems(from_toml("[server]\ntcp = false\n")),
            "belfry.toml:2: server.tcp must be true where server.unix_socket is not set");
  EXPECT_EQ(problems(from_toml("[server]\ntcp = false\nunix_socket = '/run/belfry.sock'\n")), "");
  for (const std::string wrong : {"", "rw", "0x1ff", "01777", "-1", "0688"}) {
    EXPECT_NE(problems(from_toml("[server]\nunix_mode = '" + wrong + "'\n")), "") << wrong;
  }
  EXPECT_EQ(unix_mode_of(ServerSettings()), 0660U);
}

TEST(Config, DevIsForLoopbackOnly) {
  EXPECT_EQ(load_config(from_environment("BELFRY_SERVER_DEV", "1"))->server.host, "127.0.0.1");
  EXPECT_EQ(problems(from_toml("[server]\ndev = true\nhost = '0.0.0.0'\n")),
            "belfry.toml:3: server.host must be a loopback address in dev mode");
  EXPECT_EQ(problems(from_toml("[server]\ndev = true\nhost = '::1'\n")), "");
}

TEST(Config, AddressesAndOriginsAreChecked) {
  EXPECT_EQ(load_config(from_environment("HOST", "localhost"))->server.host, "127.0.0.1");
  EXPECT_EQ(problems(from_environment("HOST", "nowhere")),
            "environment HOST: server.host must be an IP address or localhost");
  EXPECT_EQ(
      problems(from_environment("BELFRY_SERVER_TRUSTED_PROXIES", "10.0.0.0/8, ::1, fd00::/8, 1.2.3.4, unix")),
      "");
  for (const char* wrong : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "proxy", "10.0.0.0/8x"}) {
    EXPECT_NE(problems(from_environment("BELFRY_SERVER_TRUSTED_PROXIES", wrong)), "") << wrong;
  }
  EXPECT_EQ(problems(from_environment("CORS_ORIGINS", "*")), "");
  for (const char* wrong : {"example.org", "http://", "http://a.test/path"}) {
    EXPECT_NE(problems(from_environment("CORS_ORIGINS", wrong)), "") << wrong;
  }
}

TEST(Config, MailNeedsAServerAndASender) {
  EXPECT_EQ(problems(from_environment("SMTP_URL", "smtps://u:p@mail.example.org")), "");
  EXPECT_EQ(problems(from_environment("SMTP_URL", "http://u:hunter2@x")),
            "environment SMTP_URL: mail.smtp_url must begin with smtp:// or smtps://");
  EXPECT_FALSE(problems(from_environment("SMTP_URL", "smtp://u:hunter2@")).contains("hunter2"));
  EXPECT_EQ(problems(from_environment("BELFRY_MAIL_FROM", "Belfry <a@b.c>")), "");
  EXPECT_EQ(problems(from_toml("[mail]\nfrom = 'nobody'\n")),
            "belfry.toml:2: mail.from must be an address, or Name <address>");
}

TEST(Config, ADatabaseIsAFileOrAUrl) {
  EXPECT_TRUE(problems(from_environment("DATABASE_URL", "sqlite:")).contains("must be sqlite:PATH"));
  EXPECT_EQ(load_config(from_environment("DATABASE_URL", "sqlite:/tmp/x.db"))->database(),
            "sqlite:/tmp/x.db");
  for (const char* good : {"postgres://u:hunter2@db/x?schema=app&sslmode=require", "postgresql:///x"}) {
    EXPECT_EQ(problems(from_environment("DATABASE_URL", good)), "") << good;
  }
  const std::string wrong = problems(from_environment("DATABASE_URL", "postgres://u:hunter2@db/x?unknown=1"));
  EXPECT_TRUE(wrong.contains("is no URL of PostgreSQL")) << wrong;
  EXPECT_FALSE(wrong.contains("hunter2")) << wrong;
}

TEST(Config, RedisIsAUrlOrAHostAndNothingOfItsPasswordIsShown) {
  EXPECT_EQ(problems(from_environment("REDIS_URL", "redis://:hunter2@cache:6380/2")), "");
  EXPECT_TRUE(load_config(from_environment("REDIS_HOST", "cache"))->redis.enabled());
  const std::string wrong = problems(from_environment("REDIS_URL", "redis://:hunter2@cache:none"));
  EXPECT_TRUE(wrong.starts_with("environment REDIS_URL: redis.url ")) << wrong;
  EXPECT_FALSE(wrong.contains("hunter2")) << wrong;
  const auto printed = load_config(from_environment("REDIS_URL", "redis://:hunter2@cache"));
  EXPECT_FALSE(config_text(*printed).contains("hunter2"));
  EXPECT_TRUE(problems(from_toml("[redis]\nprefix = '{a}'\n")).contains("redis.prefix"));
  EXPECT_TRUE(problems(from_toml("[cluster]\nnode = 'a:1'\n")).contains("cluster.node"));
}

TEST(Config, PrintedSettingsMaskSecretsAndSayWhereTheyComeFrom) {
  Sources sources = from_toml("[auth]\njwt_secret = 'hunter2'\napi_keys = ['hunter3']\n");
  sources.environment["PORT"] = "9";
  sources.environment["SMTP_URL"] = "smtp://u:hunter4@x";
  sources.environment["DATABASE_URL"] = "postgres://u:hunter5@db/x?schema=app";
  const std::string text = config_text(*load_config(sources));
  EXPECT_FALSE(text.contains("hunter")) << text;
  EXPECT_TRUE(text.contains("jwt_secret = \"********\"  # belfry.toml:2\n")) << text;
  EXPECT_TRUE(text.contains("database = \"postgres://db:5432/x?schema=app\"")) << text;
  EXPECT_TRUE(text.contains("port = 9  # environment PORT\n")) << text;
  EXPECT_TRUE(text.contains("url = \"\"  # default\n")) << text;
}

TEST(Config, ACookieThatBrowsersWouldNotTakeIsRefused) {
  for (const char* wrong :
       {"cookie = 'a b'", "cookie = 'a;b'", "cookie_path = '/;x'", "cookie_same_site = 'none'"}) {
    EXPECT_FALSE(load_config(from_toml(std::string("[http]\n") + wrong + "\n"))) << wrong;
  }
  EXPECT_TRUE(
      load_config(from_toml("[http]\ncookie = 'io'\ncookie_same_site = 'none'\ncookie_secure = true\n")));
}

TEST(Config, PrintedSettingsCanBeReadAgain) {
  Sources sources =
      from_toml("[server]\nport = 9\n[auth]\nissuer = 'a\"b\\c'\n[cors]\norigins = ['http://a.test', '*']\n");
  const auto first = load_config(sources);
  const auto again = load_config(from_toml(config_text(*first)));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  for (const Setting& setting : settings())
    EXPECT_EQ(value_text(setting, *first), value_text(setting, *again));
}

TEST(Config, ThePageIsUpToDate) {
  const std::string path =
      std::string(__FILE__).substr(0, std::string(__FILE__).rfind("/src/")) + "/docs/configuration.md";
  if (std::getenv("UPDATE_DOCS") != nullptr) std::ofstream(path) << configuration_page();
  std::ifstream in(path);
  const std::string page(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(page, configuration_page()) << "UPDATE_DOCS=1 makes this test write it";
}

}  // namespace
}  // namespace belfry::server
