#include "belfry/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "belfry/value.h"

namespace belfry {
namespace {

// A log to a file of its own, and what was written to it.
class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    options_.file = ::testing::TempDir() + "belfry_log_" + std::to_string(::getpid()) + "_" +
                    ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::remove(options_.file.c_str());
  }
  ~LogTest() override { std::remove(options_.file.c_str()); }

  std::vector<std::string> lines() const {
    std::ifstream in(options_.file);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

  LogOptions options_;
};

TEST_F(LogTest, WritesOneTextLineARecord) {
  Log log(options_);
  log.info("health", "message stored", {{"id", "m-1"}, {"reason", "two words"}, {"empty", ""}});
  const auto written = lines();
  ASSERT_EQ(written.size(), 1u);
  EXPECT_EQ(written[0].substr(24), R"( info  health: message stored id=m-1 reason="two words" empty="")");
  EXPECT_EQ(written[0][23], 'Z');
}

TEST_F(LogTest, DropsWhatIsBelowTheLevel) {
  options_.level = LogLevel::warn;
  Log log(options_);
  log.info("a", "no");
  log.debug("a", "no");
  log.warn("a", "yes");
  log.error("a", "yes");
  EXPECT_EQ(lines().size(), 2u);
}

TEST_F(LogTest, OffWritesNothing) {
  options_.level = LogLevel::off;
  options_.debug = "*";
  Log log(options_);
  log.error("a", "no");
  log.debug("a", "no");
  EXPECT_TRUE(lines().empty());
  EXPECT_FALSE(Log().enabled(LogLevel::error, "a"));
}

TEST_F(LogTest, ControlCharactersCannotEndTheLine) {
  Log log(options_);
  log.info("net", "a\nb\r\x1b[31m\x7f",
           {{"origin", "x\ny=\"z\""},
            {"c1",
             "\xc2\x9b"
             "1m"}});
  const auto written = lines();
  ASSERT_EQ(written.size(), 1u);
  EXPECT_EQ(written[0].substr(31), R"(net: a\nb\r\x1b[31m\x7f origin="x\ny=\"z\"" c1=\x9b1m)");
}

TEST_F(LogTest, JsonLinesAreJsonWhateverTheFieldsHold) {
  options_.format = LogFormat::json;
  Log log(options_);
  log.error("net", "bad \"peer\"\n", {{"bytes", "\xff\x01"}, {"word", "grüße"}});
  const auto written = lines();
  ASSERT_EQ(written.size(), 1u);
  const Value record = Value::parse(written[0]);
  EXPECT_EQ(record["level"], "error");
  EXPECT_EQ(record["category"], "net");
  EXPECT_EQ(record["message"], "bad \"peer\"\n");
  EXPECT_EQ(record["bytes"], "\xef\xbf\xbd\x01");
  EXPECT_EQ(record["word"], "grüße");
  EXPECT_EQ(record["time"].get<std::string>().size(), 24u);
}

TEST_F(LogTest, DebugPatternsSelectCategories) {
  options_.debug = "belfry:*,-belfry:http chat*";
  Log log(options_);
  EXPECT_TRUE(log.enabled(LogLevel::debug, "socketio"));
  EXPECT_FALSE(log.enabled(LogLevel::debug, "http"));
  EXPECT_TRUE(log.enabled(LogLevel::info, "http"));
  EXPECT_FALSE(log.enabled(LogLevel::trace, "socketio"));

  options_.debug = "chat*";
  Log own(options_);
  EXPECT_TRUE(own.enabled(LogLevel::debug, "chat:rooms"));
  EXPECT_FALSE(own.enabled(LogLevel::debug, "socketio"));
}

TEST_F(LogTest, DebugPatternsOfTheJavaScriptServersSelectAll) {
  for (const char* text : {"socket.io:*", "engine.io:*", "engine*", "*", "socket.io*", "belfry*"}) {
    options_.debug = text;
    EXPECT_TRUE(Log(options_).enabled(LogLevel::debug, "http")) << text;
  }
  for (const char* text : {"", "-*", "express:*", "belfry:htt", "belfry:http:x", "*,-belfry:*"}) {
    options_.debug = text;
    EXPECT_FALSE(Log(options_).enabled(LogLevel::debug, "http")) << text;
  }
}

TEST_F(LogTest, LinesOfManyThreadsDoNotMix) {
  Log log(options_);
  const std::string text(300, 'x');
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) log.info("t", text);
    });
  }
  for (auto& thread : threads) thread.join();
  const auto written = lines();
  ASSERT_EQ(written.size(), 800u);
  for (const auto& line : written) EXPECT_EQ(line.substr(31), "t: " + text);
}

TEST_F(LogTest, AppendsToTheFile) {
  Log(options_).info("a", "one");
  Log(options_).info("a", "two");
  EXPECT_EQ(lines().size(), 2u);
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsReportedOnStandardOutput) {
  options_.file = "/nonexistent/folder/file.log";
  ::testing::internal::CaptureStdout();
  Log(options_).info("a", "still there");
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(out.find("cannot open the log file"), std::string::npos) << out;
  EXPECT_NE(out.find("still there"), std::string::npos) << out;
}

}  // namespace
}  // namespace belfry
