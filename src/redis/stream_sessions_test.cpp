// Sessions in a Redis, and what they have missed in a stream.
#include "redis/stream_sessions.h"

#include "core/ids.h"
#include "redis/adapter_testing.h"
#include "redis/session_values.h"
#include "redis/testing.h"
#include "redis/wire_values.h"
#include "socketio/recovery/entry_id.h"

namespace belfry::redis {
namespace {

using belfry::testing::TestClient;
using belfry::testing::Told;
using socketio::CaughtUp;
using socketio::EventNumber;
using socketio::SharedSession;
using socketio::Stays;

constexpr std::size_t kMuch = 1 << 20;
constexpr std::chrono::milliseconds kSessionTime{60'000};

// By `encode` of @msgpack/msgpack 2.8, as base64, of {sid: "abc", pid: "secret", rooms: ["abc", "red"],
// data: {n: 1, bytes: Buffer.from([1, 2])}}.
constexpr const char* kOfNode = "hKNzaWSjYWJjo3BpZKZzZWNyZXSlcm9vbXOSo2FiY6NyZWSkZGF0YYKhbgGlYnl0ZXPEAgEC";

TEST(SessionValues, ReadsWhatNodeWrites) {
  const auto session = read_session(kOfNode);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->pid, "secret");
  EXPECT_EQ(session->stays.id(), "abc");
  EXPECT_EQ(session->stays.rooms(), std::vector<std::string>{"red"});
  EXPECT_TRUE(session->stays.was_meant({.rooms = {"red"}, .except = {}}, 1));
  EXPECT_EQ(session->data["n"], 1);
  EXPECT_EQ(session->data["bytes"], Value::binary({1, 2}));
  EXPECT_EQ(session->begin, 1u);
  EXPECT_EQ(session->at, 0u);
}

TEST(SessionValues, KeepsWhatOursKnow) {
  const Stays stays("id", {{"red", 5, Stays::kNever}, {"blue", 0, 7}, {"green", 9, 0}}, 3);
  const auto session = read_session(write_session(
      {.pid = "pid", .stays = stays, .data = {{"list", {1, 2}}}, .begin = 2, .gap = 4, .at = 10}));
  ASSERT_TRUE(session);
  ASSERT_EQ(session->stays.all().size(), 3u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(session->stays.all()[i].room, stays.all()[i].room);
    EXPECT_EQ(session->stays.all()[i].since, stays.all()[i].since);
    EXPECT_EQ(session->stays.all()[i].until, stays.all()[i].until);
  }
  EXPECT_EQ(session->stays.known_from(), 3u);
  EXPECT_EQ(session->data, (Value{{"list", {1, 2}}}));
  EXPECT_EQ(session->begin, 2u);
  EXPECT_EQ(session->gap, 4u);
  EXPECT_EQ(session->at, 10u);
}

TEST(SessionValues, AreNothingElse) {
  for (const char* text : {"", "!", "AAAA", "gKA=", kOfNode + 4}) EXPECT_FALSE(read_session(text)) << text;
}

class StreamSessionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const url = std::getenv("BELFRY_TEST_REDIS");
    if (url == nullptr) GTEST_SKIP() << "BELFRY_TEST_REDIS is not set: tests/support/with-services sets it";
    const RedisOptions options = belfry::testing::quick(url);
    client.emplace(options);
    shards.start();
    context.emplace(WireContext{local, requests, tallies, **client, shards, {}, log, {}, kSessionTime, up});
    reader.emplace(make_client(options, log).value(), shards, stream, std::chrono::milliseconds(100),
                   [this](const Reply& entry) { read.add(entry.items[0].text); });
    sessions.emplace(*context, prefix, [this](const std::string&) -> const StreamReader& { return *reader; });
    while (!reader->is_reading()) client->ask({"PING"});
  }
  void TearDown() override {
    reader.reset();
    shards.stop();
    client.reset();
  }

  /// Writes an entry, and waits until the reader has it.
  EventNumber add(const std::string& type, const Value& data, const std::string& nsp = "/") {
    const std::string id =
        client->text({"XADD", stream, "*", "uid", "else", "nsp", nsp, "type", type, "data", data.dump()});
    read.until(id);
    return socketio::parse_entry_id(id).value();
  }
  EventNumber emit(const std::string& name, const Target& target = {}, const EmitFlags& flags = {},
                   const std::string& nsp = "/") {
    return add(
        "3", {{"opts", write_target(target, flags)}, {"packet", write_packet(make_payload(name), nsp)}}, nsp);
  }
  void change(const std::string& type, const Target& target, const std::vector<std::string>& rooms) {
    add(type, {{"opts", write_target(target)}, {"rooms", rooms}});
  }

  std::optional<SharedSession> claim(EventNumber offset) {
    Told<std::optional<SharedSession>> told;
    sessions->claim("/", pid, offset, 0, [&told](auto session) { told.add(std::move(session)); });
    return told.next();
  }
  std::optional<CaughtUp> catch_up(const SharedSession& session, EventNumber offset,
                                   std::size_t max_bytes = kMuch) {
    Told<std::optional<CaughtUp>> told;
    sessions->catch_up("/", session, offset, max_bytes, 0,
                       [&told](auto found) { told.add(std::move(found)); });
    return told.next();
  }
  static std::vector<std::string> names(const std::optional<CaughtUp>& found) {
    if (!found) return {"nothing"};
    std::vector<std::string> all;
    for (const auto& event : found->missed) all.push_back(event.payload.json);
    return all;
  }
  SharedSession session() const { return {.pid = pid, .stays = Stays("me", {{"red"}}, 0), .data = {}}; }

  const std::string stream = make_sid();
  const std::string prefix = "test:session:";
  const std::string pid = make_sid();
  Log log;
  runtime::Shards shards{1};
  testing::TableOfSockets local{shards};
  Requests requests{shards};
  Tallies tallies{log};
  runtime::Flag up{true};
  Told<std::string> read;
  std::optional<TestClient> client;
  std::optional<WireContext> context;
  std::optional<StreamReader> reader;
  std::optional<StreamSessions> sessions;
};

TEST_F(StreamSessionsTest, AreTakenOnceAndOnlyForSoLong) {
  const EventNumber offset = emit("known");
  EXPECT_FALSE(claim(offset));
  sessions->keep("/", session());
  const auto left = client->ask({"PTTL", prefix + pid})->integer;
  EXPECT_GT(left, kSessionTime.count() / 2);
  EXPECT_LE(left, kSessionTime.count());
  const auto claimed = claim(offset);
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->stays.id(), "me");
  EXPECT_FALSE(claim(offset));
}

TEST_F(StreamSessionsTest, AreNotTakenWhereWhatWasMissedIsGoneOrWasNeverLogged) {
  const EventNumber offset = emit("known");
  sessions->keep("/", session());
  EXPECT_FALSE(claim(offset + 1));
  SharedSession with_gap = session();
  with_gap.gap = offset + 1;
  sessions->keep("/", with_gap);
  EXPECT_FALSE(claim(offset));
  client->ask({"SET", prefix + pid, "no session"});
  EXPECT_FALSE(claim(offset));
  sessions->keep("/", session());
  client->ask({"XTRIM", stream, "MAXLEN", "0"});
  EXPECT_FALSE(claim(offset));
}

TEST_F(StreamSessionsTest, AreNotLookedForWhileRedisIsAway) {
  const EventNumber offset = emit("known");
  sessions->keep("/", session());
  up.set(false);
  EXPECT_FALSE(claim(offset));
}

TEST_F(StreamSessionsTest, HaveMissedWhatWasForThem) {
  const EventNumber offset = emit("known");
  emit("all");
  emit("red", {.rooms = {"red", "me"}, .except = {}});
  emit("blue", {.rooms = {"blue"}, .except = {}});
  emit("all but red", {.rooms = {}, .except = {"red"}});
  emit("volatile", {}, {.is_volatile = true});
  emit("elsewhere", {}, {}, "/else");
  add("3", {{"opts", write_target({}, {})}, {"packet", {{"type", 2}, {"id", 3}, {"data", {"asks"}}}}});
  client->ask({"XADD", stream, "*", "no", "entry"});
  const EventNumber last = emit("me", {.rooms = {"me"}, .except = {}});
  const auto found = catch_up(session(), offset);
  EXPECT_EQ(names(found), (std::vector<std::string>{R"(["all"])", R"(["red"])", R"(["me"])"}));
  EXPECT_EQ(found->passed, last);
  EXPECT_EQ(found->missed.back().entry, last);
  EXPECT_EQ(names(catch_up(session(), last)), std::vector<std::string>{});
}

TEST_F(StreamSessionsTest, BeginWhereTheyBegan) {
  const EventNumber offset = emit("of the session before");
  emit("in between");
  SharedSession late = session();
  late.begin = emit("first");
  EXPECT_EQ(names(catch_up(late, offset)), std::vector<std::string>{R"(["first"])"});
}

TEST_F(StreamSessionsTest, FollowWhatIsDoneToThem) {
  const EventNumber offset = emit("known");
  SharedSession away = session();
  change("4", {.rooms = {"me"}, .except = {}}, {"of before"});  // which is in the session already, or over
  away.at = emit("one");
  change("4", {.rooms = {"red"}, .except = {}}, {"blue"});
  change("5", {.rooms = {"blue"}, .except = {}}, {"red"});
  change("4", {.rooms = {"red"}, .except = {}}, {"green"});
  emit("blue", {.rooms = {"blue"}, .except = {}});
  emit("red", {.rooms = {"red"}, .except = {}});
  const auto found = catch_up(away, offset);
  EXPECT_EQ(names(found), (std::vector<std::string>{R"(["one"])", R"(["blue"])"}));
  EXPECT_EQ(found->stays.rooms(), std::vector<std::string>{"blue"});
  // A server that does not say since when is not followed.
  EXPECT_EQ(catch_up(session(), offset)->stays.rooms(), std::vector<std::string>{"red"});
  change("6", {.rooms = {"blue"}, .except = {}}, {});
  EXPECT_FALSE(catch_up(away, offset));
}

TEST_F(StreamSessionsTest, ReadManyEntriesWithinABound) {
  const EventNumber offset = emit("known");
  std::vector<std::string> expected;
  for (int i = 0; i < 250; ++i) {
    const std::string name = std::to_string(1000 + i);
    emit(name);
    expected.push_back("[\"" + name + "\"]");
  }
  EXPECT_EQ(names(catch_up(session(), offset, 250 * 8)), expected);
  EXPECT_FALSE(catch_up(session(), offset, 250 * 8 - 1));
}

}  // namespace
}  // namespace belfry::redis
