#include "redis/session.h"

#include <gtest/gtest.h>

#include "redis/command.h"

namespace belfry::redis {

namespace {

TimePoint at(int ms) {
  return TimePoint(milliseconds(ms));
}

/// A session, and what it has told.
struct Stage {
  std::string said;  // in order, a word each
  Session session{
      10'000, milliseconds(100),
      Session::Events{
          .ready = [this] { said += "ready "; },
          .pushed = [this](const Reply& push) { said += "pushed:" + push.items.back().text + " "; }}};

  Session::OnReplies note(const std::string& name) {
    return [this, name](const Result<std::vector<Reply>>& replies) {
      said += name + ":";
      if (!replies) said += "lost";
      for (const Reply& reply : replies.value_or(std::vector<Reply>())) {
        said += (reply.is_error() ? "!" : "") + reply.text + ",";
      }
      said += " ";
    };
  }
  std::string take() { return std::exchange(said, {}); }
};

const std::string kGreeting = encode({"AUTH", "app", "word"}) + encode({"CLIENT", "SETNAME", "belfry"}) +
                              encode({"SELECT", "3"}) + encode({"PING"});

void greet(Stage& stage) {
  stage.session.greet({.user = "app", .password = "word", .database = 3, .client_name = "belfry"}, at(0));
}

}  // namespace

TEST(Session, GreetsAndAnswersInOrder) {
  Stage stage;
  greet(stage);
  EXPECT_EQ(stage.session.take_output(), kGreeting);
  EXPECT_EQ(stage.session.deadline(), at(100));
  ASSERT_TRUE(stage.session.receive("+OK\r\n+OK\r\n+OK\r\n"));
  EXPECT_FALSE(stage.session.is_ready());
  ASSERT_TRUE(stage.session.receive("+PONG\r\n"));
  EXPECT_EQ(stage.take(), "ready ");
  EXPECT_EQ(stage.session.deadline(), std::nullopt);

  stage.session.send("one", 1, stage.note("a"), at(10));
  stage.session.send("two", 2, stage.note("b"), at(20));
  EXPECT_EQ(stage.session.take_output(), "onetwo");
  EXPECT_EQ(stage.session.deadline(), at(110));
  ASSERT_TRUE(stage.session.receive("+1\r\n+2\r\n"));
  EXPECT_EQ(stage.take(), "a:1, ");
  EXPECT_EQ(stage.session.deadline(), at(120));
  ASSERT_TRUE(stage.session.receive("-ERR 3\r\n"));
  EXPECT_EQ(stage.take(), "b:2,!ERR 3, ");
}

TEST(Session, SaysNoMoreThanItMust) {
  Stage stage;
  stage.session.greet({.only_a_master = true}, at(0));
  EXPECT_EQ(stage.session.take_output(), encode({"ROLE"}));
  ASSERT_TRUE(stage.session.receive("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"));
  EXPECT_EQ(stage.take(), "ready ");
}

TEST(Session, ARefusedGreetingEndsIt) {
  // Each step in its turn, and what it is refused with; a name that may not be had is done without.
  const std::vector<std::pair<std::string, std::string>> scripts = {
      {"-WRONGPASS no\r\n-NOAUTH a\r\n-NOAUTH b\r\n-NOAUTH c\r\n",
       "Redis refuses the user or password: WRONGPASS"},
      {"-ERR unknown command 'AUTH', with args beginning with: 'app' 'word'\r\n",
       "Redis refuses the user or password: ERR"},
      {"+OK\r\n-NOPERM name\r\n-ERR DB index is out of range\r\n+PONG\r\n",
       "Redis: ERR DB index is out of range"},
      {"+OK\r\n+OK\r\n+OK\r\n-NOPERM ping\r\n", "Redis: NOPERM ping"},
  };
  for (const auto& [answers, why] : scripts) {
    Stage stage;
    greet(stage);
    const auto received = stage.session.receive(answers);
    ASSERT_FALSE(received) << why;
    EXPECT_EQ(received.error().message, why);
    EXPECT_EQ(stage.take(), "");
  }
  Stage stage;
  greet(stage);
  EXPECT_TRUE(stage.session.receive("+OK\r\n-NOPERM name\r\n+OK\r\n+PONG\r\n"));
  EXPECT_EQ(stage.take(), "ready ");

  Stage replica;
  replica.session.greet({.only_a_master = true}, at(0));
  const auto received = replica.session.receive("*1\r\n$5\r\nslave\r\n");
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().message, "it is no master");
}

TEST(Session, ALossAtEachStepTellsAllWhoWait) {
  const std::vector<std::pair<std::string, std::string>> steps = {
      {"", ""},
      {"+OK\r\n+OK\r\n", ""},
      {"+OK\r\n+OK\r\n+OK\r\n+PONG\r\n", "ready a:lost b:lost "},
      {"+OK\r\n+OK\r\n+OK\r\n+PONG\r\n+1\r\n", "ready a:1, b:lost "},
      {"+OK\r\n+OK\r\n+OK\r\n+PONG\r\n+1\r\n+2\r\n", "ready a:1, b:lost "},
      {"+OK\r\n+OK\r\n+OK\r\n+PONG\r\n+1\r\n+2\r\n+3\r\n", "ready a:1, b:2,3, "},
  };
  for (const auto& [answers, said] : steps) {
    Stage stage;
    greet(stage);
    const std::string greeting = "+OK\r\n+OK\r\n+OK\r\n+PONG\r\n";
    ASSERT_TRUE(stage.session.receive(answers.substr(0, greeting.size())));
    if (stage.session.is_ready()) {
      stage.session.send("one", 1, stage.note("a"), at(10));
      stage.session.send("two", 2, stage.note("b"), at(20));
      ASSERT_TRUE(stage.session.receive(answers.substr(greeting.size())));
    }
    stage.session.end({ErrorKind::unavailable, "lost"});
    EXPECT_EQ(stage.take(), said);
  }
}

TEST(Session, WhatIsPublishedIsNoAnswer) {
  Stage stage;
  stage.session.greet({}, at(0));
  ASSERT_TRUE(stage.session.receive("+PONG\r\n"));
  stage.session.subscribe("s", {"subscribe", "room"}, stage.note("a"), at(0));
  stage.session.subscribe("s", {"ssubscribe", "slot"}, stage.note("b"), at(0));
  ASSERT_TRUE(stage.session.receive("*3\r\n$7\r\nmessage\r\n$3\r\nold\r\n$1\r\n1\r\n"));
  ASSERT_TRUE(stage.session.receive("*3\r\n$9\r\nsubscribe\r\n$4\r\nroom\r\n:1\r\n"));
  ASSERT_TRUE(stage.session.receive("*3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n$1\r\n2\r\n"));
  ASSERT_TRUE(stage.session.receive("-MOVED 1 there:1\r\n"));
  ASSERT_TRUE(stage.session.receive("*3\r\n$12\r\nsunsubscribe\r\n$4\r\nslot\r\n$1\r\n3\r\n"));
  EXPECT_EQ(stage.take(), "ready pushed:1 a:, pushed:2 b:!MOVED 1 there:1, pushed:3 ");
}

TEST(Session, WhatNobodyAskedForEndsIt) {
  for (const std::string bytes : {"+more\r\n", "*1\r\n:1\r\n", "\r\n", "GET / HTTP/1.1\r\n"}) {
    Stage stage;
    stage.session.greet({}, at(0));
    ASSERT_TRUE(stage.session.receive("+PONG\r\n"));
    const auto received = stage.session.receive(bytes);
    ASSERT_FALSE(received) << bytes;
    EXPECT_EQ(received.error().kind, ErrorKind::malformed);
  }
}

}  // namespace belfry::redis
