// The table of codes holds every code that the sources can send, and docs/codes.md is that table.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "apps/common/refusals.h"
#include "belfry/options.h"
#include "belfry/value.h"
#include "engineio/ports.h"
#include "net/engine_endpoint.h"

namespace belfry::server {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = fs::path(__FILE__).parent_path() / "../..";

std::string text_of_file(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

Value table() {
  return Value::parse(text_of_file(kRoot / "web/docs/codes.json"));
}

// The `member` of every entry of a group.
std::set<std::string> documented(const std::string& group, const char* member = "code") {
  std::set<std::string> all;
  const Value codes = table();
  for (const Value& one : codes.at("groups")) {
    if (one.at("group") != group) continue;
    for (const Value& code : one.at("codes")) all.insert(code.at(member));
  }
  return all;
}

// What the first group of `pattern` finds in the sources of these folders, tests apart.
std::set<std::string> in_sources(std::initializer_list<const char*> folders, const char* pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (const char* folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      const std::string name = entry.path().filename();
      if (!entry.is_regular_file() || name.ends_with("_test.cpp") || name == "testing.h") continue;
      const std::string text = text_of_file(entry.path());
      for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it) {
        found.insert((*it)[1]);
      }
    }
  }
  return found;
}

std::string page() {
  const Value all = table();
  std::string out =
      "# Codes\n\nWhat a client is told when something ends or is refused, and whether it should come back. "
      "A "
      "running server shows this table at\n`/docs`, and has it as `/docs/codes.json`.\n\n";
  out += "| retry | what a client should do |\n| --- | --- |\n";
  for (const auto& [name, text] : all.at("retry").items()) {
    out += "| `" + name + "` | " + text.get<std::string>() + " |\n";
  }
  for (const Value& group : all.at("groups")) {
    out += "\n## " + group.at("title").get<std::string>() + "\n\n";
    if (const std::string text = group.at("text"); !text.empty()) out += text + "\n\n";
    out += "| code | says | means | retry |\n| --- | --- | --- | --- |\n";
    for (const Value& code : group.at("codes")) {
      const std::string says = code.at("says");
      out += "| `" + code.at("code").get<std::string>() + "` | " + (says.empty() ? "" : "`" + says + "`") +
             " | " + code.at("means").get<std::string>() + " | " + code.at("retry").get<std::string>() +
             " |\n";
    }
  }
  return out;
}

TEST(Codes, EveryReasonOfADisconnectStandsInTheTable) {
  std::set<std::string> sent = {"client namespace disconnect", "server namespace disconnect"};
  for (std::size_t i = 0; i < engineio::kCloseReasonCount; ++i) {
    sent.emplace(engineio::text_of(static_cast<engineio::CloseReason>(i)));
  }
  EXPECT_EQ(sent, documented("server"));
  EXPECT_EQ(in_sources({"src/socketio"}, "on_closed\\(\"([a-z ]+)\"\\)"),
            (std::set<std::string>{"client namespace disconnect", "server namespace disconnect"}));
}

TEST(Codes, EveryRefusalOfEngineIoStandsInTheTable) {
  std::set<std::string> codes;
  std::set<std::string> messages;
  for (int i = 0; i <= static_cast<int>(net::Refusal::unsupported_version); ++i) {
    if (net::EngineEndpoint::refusal_name(static_cast<std::size_t>(i)).empty()) continue;
    codes.insert(std::to_string(i));
    messages.emplace(net::message_of(static_cast<net::Refusal>(i)));
  }
  EXPECT_EQ(codes, documented("engine"));
  EXPECT_EQ(messages, documented("engine", "says"));
}

TEST(Codes, EveryCloseCodeStandsInTheTable) {
  const std::string frames = text_of_file(kRoot / "src/websocket/frame.h");
  std::set<std::string> sent;
  for (const std::string& name : in_sources({"src/net", "src/websocket"}, "CloseCode::(\\w+)")) {
    std::smatch number;
    ASSERT_TRUE(std::regex_search(frames, number, std::regex("\\b" + name + " = (\\d{4})"))) << name;
    sent.insert(number[1]);
  }
  EXPECT_EQ(sent, documented("close"));
}

TEST(Codes, EveryStatusOfAHandshakeStandsInTheTable) {
  auto sent = in_sources({"src/net"}, "\\((408|[45]\\d\\d)[,)]");
  for (const std::string& status : in_sources({"src/net"}, "status = .*?\\b([45]\\d\\d)\\b"))
    sent.insert(status);
  for (const std::string& status : in_sources({"src/net"}, "constexpr int k\\w+ = ([45]\\d\\d);"))
    sent.insert(status);
  for (const std::string& status : in_sources({"src/http"}, "error_status_ = ([45]\\d\\d)"))
    sent.insert(status);
  for (const std::string& status : in_sources({"src/http"}, "refuse\\(.*?\\b([45]\\d\\d)\\b"))
    sent.insert(status);
  EXPECT_EQ(sent, documented("status"));
}

TEST(Codes, EveryRefusalOfAnAppStandsInTheTable) {
  std::set<std::string> sent;
  const Value codes = table();
  const auto add = [&sent, &codes](ErrorKind kind, std::string_view message) {
    const auto code = apps::refusal_code({kind, std::string(message)});
    sent.emplace(code.code);
    for (const Value& group : codes.at("groups")) {
      if (group.at("group") != "connect_error") continue;
      for (const Value& one : group.at("codes")) {
        if (one.at("code") == code.code) {
          EXPECT_EQ(one.at("retry"), code.retry) << code.code;
        }
      }
    }
  };
  for (const auto message : apps::kCredentialErrors) add(ErrorKind::unauthenticated, message);
  for (std::size_t i = 0; i <= static_cast<std::size_t>(ErrorKind::internal); ++i) {
    add(static_cast<ErrorKind>(i), "");
  }
  EXPECT_EQ(sent, documented("connect_error"));
  const auto library = in_sources({"src/socketio"}, "(?:Refusal\\{|\"message\", )\"([^\"]+)\"");
  EXPECT_EQ(library, documented("namespace"));
}

TEST(Codes, EveryEventOfAnEndStandsInTheTable) {
  auto sent = in_sources({"src/apps/common", "src/server"}, "\"((?:auth|server|rate):\\w+)\"");
  sent.erase("auth:refresh");  // of clients
  sent.insert(ServerOptions().rate_warning_event);
  sent.insert(ServerOptions().shutdown_event);
  EXPECT_EQ(sent, documented("event"));
}

TEST(Codes, EachSaysWhetherToComeBack) {
  const Value all = table();
  for (const Value& group : all.at("groups")) {
    for (const Value& code : group.at("codes")) {
      EXPECT_TRUE(all.at("retry").contains(code.at("retry").get<std::string>())) << code;
      EXPECT_FALSE(code.at("means").get<std::string>().empty()) << code;
    }
  }
}

TEST(Codes, ThePageIsUpToDate) {
  const fs::path file = kRoot / "docs/codes.md";
  if (std::getenv("UPDATE_DOCS") != nullptr) std::ofstream(file) << page();
  EXPECT_EQ(text_of_file(file), page()) << "UPDATE_DOCS=1 makes this test write it";
}

}  // namespace
}  // namespace belfry::server
