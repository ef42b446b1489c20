#include "socketio/msgpack.h"

#include <gtest/gtest.h>

#include "socketio/decoder.h"
#include "socketio/encoder.h"

namespace belfry::socketio {

namespace {

constexpr int kDepth = 8;

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// The value as JSON; "refused" where it is none.
std::string read(std::string_view hex) {
  Value value;
  return read_msgpack(from_hex(hex), kDepth, value) ? value.dump() : "refused";
}

// The packet that a server reads; nothing where it would close the connection.
struct ReadPacket {
  PacketType type;
  std::string nsp;
  std::optional<std::uint64_t> id;
  std::string event;
  std::vector<Value> args;
  Value auth;
};
std::optional<ReadPacket> read_packet(std::string_view bytes, bool binary = true) {
  Decoder decoder(Parser::msgpack);
  std::unique_ptr<PartialPacket> partial;
  Packet packet;
  if (decoder.read(binary, bytes, partial, packet) != Decoder::Outcome::packet) return std::nullopt;
  const auto args = packet.args != nullptr ? packet.args->values() : std::vector<Value>();
  return ReadPacket{packet.type, std::string(packet.nsp), packet.id, std::string(packet.event),
                    args,        std::move(packet.auth)};
}
bool accepts(const Value& packet) {
  return read_packet(write_msgpack(packet)).has_value();
}

// The one binary message that a packet is.
Value written(const Encoded& encoded) {
  EXPECT_EQ(encoded.text.size, 0u);
  EXPECT_EQ(encoded.attachments.size(), 1u);
  return Value::from_msgpack(encoded.view(encoded.attachments.at(0)));
}

// The vectors are what notepack.io 2.2.0 writes, which socket.io-msgpack-parser 3.0.2 uses.

TEST(Msgpack, ReadsWhatTheStockParserWrites) {
  EXPECT_EQ(
      read("dc00127fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000cf001fffffffffffffe0d0dfd080d1f"
           "f7f"
           "d18000d2ffff7fffd280000000d3ffffffff7fffffffd3ffe0000000000001"),
      "[127,128,255,256,65535,65536,4294967295,4294967296,9007199254740991,-32,-33,-128,-129,-32768,-32769,"
      "-2147483648,-2147483649,-9007199254740991]");
  EXPECT_EQ(read("a9c3a9e282acf09f9880"), R"("é€😀")");
  EXPECT_EQ(read("d92878787878787878787878787878787878787878787878787878787878787878787878787878787878"),
            '"' + std::string(40, 'x') + '"');
  EXPECT_EQ(read("cb3ff8000000000000"), "1.5");
  EXPECT_EQ(read("ca3fc00000"), "1.5");
  EXPECT_EQ(read("93c0c2c3"), "[null,false,true]");
}

TEST(Msgpack, UndefinedIsAbsentAndADateIsItsText) {
  EXPECT_EQ(read("92d4000082a161d40000a16201"), R"([null,{"b":1}])");
  EXPECT_EQ(read("d7000000019b7ca98f2e"), R"("2026-01-02T03:04:05.678Z")");
  EXPECT_EQ(read("d700ffffffffffffffff"), R"("1969-12-31T23:59:59.999Z")");
  EXPECT_EQ(read("d7007fffffffffffffff"), "null");
  EXPECT_EQ(read("d6ff695735a5"), R"("2026-01-02T03:04:05.000Z")");
  EXPECT_EQ(read("d7ffa1a5d600695735a5"), R"("2026-01-02T03:04:05.678Z")");
  EXPECT_EQ(read("c70cff000f4240ffffffffffffffff"), R"("1969-12-31T23:59:59.001Z")");
  EXPECT_EQ(read("c70cff000000007fffffffffffffff"), "null");
}

TEST(Msgpack, ArrayBuffersAreBinaryAlsoWhereTheyLookLikeOthers) {
  Value value;
  ASSERT_TRUE(read_msgpack(from_hex("c708000102030405060708"), kDepth, value));
  EXPECT_EQ(value, Value::binary({1, 2, 3, 4, 5, 6, 7, 8}));
  ASSERT_TRUE(read_msgpack(from_hex("c7010009"), kDepth, value));
  EXPECT_EQ(value, Value::binary({9}));
  ASSERT_TRUE(read_msgpack(from_hex("c403010203"), kDepth, value));
  EXPECT_EQ(value, Value::binary({1, 2, 3}));
  ASSERT_TRUE(read_msgpack(from_hex("d505aabb"), kDepth, value));
  EXPECT_EQ(value, Value::array({5, Value::binary({0xaa, 0xbb})}));
}

TEST(Msgpack, RefusesWhatIsNone) {
  for (const std::string_view hex :
       {"", "c1", "0101", "91", "dd7fffffff", "dfffffffff", "dfffffffff01", "c6ffffffff00", "dbffffffff61",
        "a261", "a1ff", "810101", "81c0c0", "cf00", "d4", "d400", "c70200aa", "81a1ff01"}) {
    EXPECT_EQ(read(hex), "refused") << hex;
  }
}

TEST(Msgpack, EveryPrefixOfAPacketIsRefused) {
  const std::string whole = from_hex(
      "84a47479706502a36e7370a52f63686174a46461746193a373617981a1619501ffcb3ff8000000000000c0c3c403010203a269"
      "6407");
  Value value;
  ASSERT_TRUE(read_msgpack(whole, kDepth, value));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_msgpack(whole.substr(0, size), kDepth, value)) << size;
  }
}

TEST(Msgpack, DepthIsBounded) {
  Value value;
  EXPECT_TRUE(read_msgpack(std::string(kDepth, '\x91') + '\x01', kDepth, value));
  EXPECT_FALSE(read_msgpack(std::string(kDepth + 1, '\x91') + '\x01', kDepth, value));
  EXPECT_FALSE(read_msgpack(std::string(1'000'000, '\x91'), kDepth, value));
}

TEST(MsgpackDecoder, ReadsPackets) {
  const auto event =
      read_packet(from_hex("84a47479706502a36e7370a52f63686174a46461746193a373617981a1619501ffcb3ff8000000000"
                           "000c0c3c403010203a2696407"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, PacketType::event);
  EXPECT_EQ(event->nsp, "/chat");
  EXPECT_EQ(event->id, 7u);
  EXPECT_EQ(event->event, "say");
  EXPECT_EQ(event->args,
            (std::vector<Value>{{{"a", {1, -1, 1.5, nullptr, true}}}, Value::binary({1, 2, 3})}));

  const auto connect = read_packet(from_hex("83a47479706500a36e7370a12fa464617461d40000"));
  ASSERT_TRUE(connect);
  EXPECT_EQ(connect->auth, Value::object());
  const auto with_auth = read_packet(from_hex(
      "84a47479706500a36e7370a12fa46461746181a5746f6b656ea178a76f7074696f6e7381a8636f6d7072657373c3"));
  ASSERT_TRUE(with_auth);
  EXPECT_EQ(with_auth->auth, Value({{"token", "x"}}));
  EXPECT_TRUE(read_packet(from_hex("82a47479706501a36e7370a12f")));
  const auto ack = read_packet(from_hex("84a47479706503a36e7370a12fa26964cd012ca46461746190"));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->id, 300u);
  EXPECT_TRUE(ack->args.empty());
}

TEST(MsgpackDecoder, AnEventsNameMayBeANumber) {
  const auto event = read_packet(write_msgpack({{"type", 2}, {"nsp", "/"}, {"data", {5, "x"}}}));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->event, "5");
  EXPECT_EQ(event->args, std::vector<Value>{"x"});
}

TEST(MsgpackDecoder, RefusesWhatIsNoPacket) {
  const Value event = {{"type", 2}, {"nsp", "/"}, {"data", {"say"}}};
  ASSERT_TRUE(accepts(event));
  const auto with = [&event](const char* key, const Value& value) {
    Value other = event;
    other[key] = value;
    return other;
  };
  for (const Value& type : std::vector<Value>{nullptr, -1, 4, 5, 6, "2", 2.5, (1ull << 32) + 2})
    EXPECT_FALSE(accepts(with("type", type)));
  for (const Value& nsp : std::vector<Value>{nullptr, 1, Value::array()})
    EXPECT_FALSE(accepts(with("nsp", nsp)));
  for (const Value& id : std::vector<Value>{nullptr, -1, "1", 1.5, 1ull << 53})
    EXPECT_FALSE(accepts(with("id", id)));
  for (const Value& data : std::vector<Value>{
           nullptr, "say", Value::array(), {nullptr}, {true}, {"disconnect"}, Value::object()}) {
    EXPECT_FALSE(accepts(with("data", data)));
  }
  EXPECT_FALSE(accepts({{"type", 2}, {"nsp", "/"}}));
  EXPECT_FALSE(accepts({{"type", 1}, {"nsp", "/"}, {"data", 1}}));
  EXPECT_FALSE(accepts({{"type", 0}, {"nsp", "/"}, {"data", {1}}}));
  EXPECT_FALSE(accepts({{"type", 3}, {"nsp", "/"}, {"data", Value::object()}, {"id", 1}}));
  EXPECT_FALSE(accepts({1, 2}));
  EXPECT_FALSE(read_packet("2[\"say\"]", false));
}

TEST(MsgpackEncoder, WritesOneBinaryMessage) {
  const Encoder encoder(Parser::msgpack);
  const auto payload = make_payload("say", 1, Value{{"a", Value::binary({1, 2})}}, Value::binary({3}), 0.5);
  EXPECT_EQ(written(encoder.encode(PacketType::event, "/chat", 9, payload)),
            Value({{"type", 2},
                   {"nsp", "/chat"},
                   {"id", 9},
                   {"data", {"say", 1, {{"a", Value::binary({1, 2})}}, Value::binary({3}), 0.5}}}));
  EXPECT_EQ(written(encoder.encode(PacketType::ack, "/", 0, make_payload())),
            Value({{"type", 3}, {"nsp", "/"}, {"id", 0}, {"data", Value::array()}}));
  EXPECT_EQ(written(encoder.encode_plain(PacketType::connect, "/", R"({"sid":"a"})")),
            Value({{"type", 0}, {"nsp", "/"}, {"data", {{"sid", "a"}}}}));
  EXPECT_EQ(written(encoder.encode_plain(PacketType::disconnect, "/x", {})),
            Value({{"type", 1}, {"nsp", "/x"}}));
}

}  // namespace

}  // namespace belfry::socketio
