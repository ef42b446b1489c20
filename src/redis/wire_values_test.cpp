#include "redis/wire_values.h"

#include <gtest/gtest.h>

#include <charconv>

namespace belfry::redis {
namespace {

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned char byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

// By `encode` of notepack.io 3.0.1 and of @msgpack/msgpack 2.8, each of
//   ["abc123", {type: 2, data: ["news", {n: 1, big: 4294967296, neg: -5, f: 1.5, t: "hé",
//      b: Buffer.from([1, 2, 3]), nil: null, undef: undefined, list: [undefined, true]},
//      new Date(1500000000123)], nsp: "/chat"},
//    {rooms: ["a", 7], except: ["b"], flags: {volatile: true, compress: false}}]
constexpr const char* kNotepack =
    "93a661626331323383a47479706502a46461746193a46e65777388a16e01a3626967cf0000000100000000a36e6567fba166cb3f"
    "f8000000000000a174a368c3a9a162c403010203a36e696cc0a46c69737492c0c3d7ff1d53530059682f00a36e7370a52f636861"
    "7483a5726f6f6d7392a16107a665786365707491a162a5666c61677382a8766f6c6174696c65c3a8636f6d7072657373c2";
constexpr const char* kMsgpack =
    "93a661626331323383a47479706502a46461746193a46e65777389a16e01a3626967cf0000000100000000a36e6567fba166cb3f"
    "f8000000000000a174a368c3a9a162c403010203a36e696cc0a5756e646566c0a46c69737492c0c3d7ff1d53530059682f00a36e"
    "7370a52f6368617483a5726f6f6d7392a16107a665786365707491a162a5666c61677382a8766f6c6174696c65c3a8636f6d7072"
    "657373c2";

TEST(WireValues, ReadsWhatNodeWrites) {
  for (const char* hex : {kNotepack, kMsgpack}) {
    auto message = read_message(bytes_of(hex));
    ASSERT_TRUE(message) << message.error().text();
    EXPECT_EQ((*message)[0], "abc123");
    const auto payload = read_packet(&(*message)[1]);
    ASSERT_TRUE(payload);
    Value data = Value::parse(payload->json);
    data[1].erase("undef");  // null in one, left out by the other
    EXPECT_EQ(data, Value::parse(R"(["news", {"n": 1, "big": 4294967296, "neg": -5, "f": 1.5, "t": "hé",
        "b": {"_placeholder": true, "num": 0}, "nil": null, "list": [null, true]}, "2017-07-14T02:40:00.123Z"])"));
    EXPECT_EQ(payload->attachments, std::vector<std::string>{"\1\2\3"});
    const auto target = read_target(&(*message)[2]);
    ASSERT_TRUE(target);
    EXPECT_EQ(target->rooms, (std::vector<std::string>{"a", "7"}));
    EXPECT_EQ(target->except, std::vector<std::string>{"b"});
    EXPECT_TRUE(read_flags((*message)[2]).is_volatile);
    EXPECT_FALSE(read_flags((*message)[2]).compress);
  }
}

TEST(WireValues, EveryCutOfAMessageIsMalformed) {
  for (const std::string& whole :
       {bytes_of(kNotepack), std::string(R"({"requestId":"a","sockets":[{"id":"b"}]})")}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto message = read_message(std::string_view(whole).substr(0, size));
      ASSERT_FALSE(message) << size;
      EXPECT_EQ(message.error().kind, ErrorKind::malformed);
    }
  }
}

TEST(WireValues, EveryChangeOfAByteIsReadOrRefused) {
  const std::string whole = bytes_of(kNotepack);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = whole;
      changed[at] = static_cast<char>(value);
      auto message = read_message(changed);
      if (!message || !message->is_array() || message->size() < 3) continue;
      (void)read_packet(&(*message)[1]);
      (void)read_target(&(*message)[2]);
      (void)read_flags((*message)[2]);
    }
  }
}

TEST(WireValues, WhatIsNestedTooDeepIsMalformed) {
  EXPECT_FALSE(read_message(std::string(100'000, '\x91')));
  EXPECT_FALSE(read_message(R"({"a":)" + std::string(100'000, '[')));
}

TEST(WireValues, BinaryDataInJsonIsWhatNodeMakesOfIt) {
  const Value value = {{"data", {{"b", Value::binary({1, 255})}}}};
  EXPECT_EQ(write_json(value), R"({"data":{"b":{"data":[1,255],"type":"Buffer"}}})");
}

TEST(WireValues, ASocketComesThroughAsItWas) {
  RemoteSocket socket;
  socket.id = "one";
  socket.rooms = {"one", "red"};
  socket.data = {{"name", "Ada"}};
  socket.connection = "sid";
  socket.handshake.headers = {{"origin", "https://a.example"}, {"user-agent", "x"}};
  socket.handshake.query = {{"EIO", "4"}};
  socket.handshake.url = "/socket.io/?EIO=4";
  socket.handshake.address = "127.0.0.1";
  socket.handshake.secure = true;
  socket.handshake.issued_ms = 1'500'000'000'123;
  socket.handshake.auth = {{"token", "t"}};
  const Value written = Value::parse(write_json(write_sockets({socket})));
  EXPECT_EQ(written[0]["handshake"]["time"],
            "Fri Jul 14 2017 02:40:00 GMT+0000 (Coordinated Universal Time)");
  EXPECT_EQ(written[0]["handshake"]["xdomain"], true);
  const auto read = read_sockets(&written);
  ASSERT_TRUE(read);
  EXPECT_EQ(write_json(write_sockets(*read)), write_json(written));
  EXPECT_EQ(read->front().connection, "sid");
}

TEST(WireValues, SocketsOfAnyOtherShapeAreMalformed) {
  for (const char* text :
       {"null", "{}", "[1]", R"([{"id":5}])", R"([{"id":"a","rooms":[{}]}])", R"([{"id":"a","rooms":5}])"}) {
    const Value sockets = Value::parse(text);
    EXPECT_FALSE(read_sockets(&sockets)) << text;
  }
}

TEST(WireValues, OptionsOfAnyOtherShapeAreMalformed) {
  EXPECT_FALSE(read_target(nullptr));
  for (const char* text : {"null", "[]", R"({"rooms":"a"})", R"({"except":[null]})"}) {
    const Value options = Value::parse(text);
    EXPECT_FALSE(read_target(&options)) << text;
  }
}

}  // namespace
}  // namespace belfry::redis
