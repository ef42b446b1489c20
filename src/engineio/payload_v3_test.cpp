#include "engineio/payload_v3.h"

#include <gtest/gtest.h>

#include "engineio/testing.h"

namespace belfry::engineio {
namespace {

using namespace std::string_literals;
using testing::binary_message;
using testing::text_message;
using Lines = std::vector<std::string>;

// The packets: their type and data, `#` in front of binary ones; "invalid" last where the payload is.
Lines read(std::string_view payload, bool binary = false) {
  PayloadReaderV3 reader(payload, binary);
  PayloadReader::Packet packet;
  Lines lines;
  for (;;) {
    const auto step = reader.next(packet);
    if (step == PayloadReader::Step::invalid) lines.emplace_back("invalid");
    if (step != PayloadReader::Step::packet) return lines;
    lines.push_back((packet.binary ? "#" : "") + std::string(1, static_cast<char>(packet.type)) +
                    std::string(packet.data));
  }
}

// A message of the text after `4`, and attachments.
std::string written(const std::vector<MessageRef>& messages, bool binary) {
  std::string payload;
  PayloadWriterV3 writer(payload, binary);
  for (const auto& message : messages) writer.add(*message);
  return payload;
}

// The payloads are what the parser of engine.io 6 for version 3 writes.

TEST(PayloadV3, TextCountsUtf16Units) {
  std::string payload;
  PayloadWriterV3 writer(payload, false);
  writer.add(*text_message("hello"));
  writer.add(*text_message("é€😀"));
  writer.add(PacketType::pong);
  EXPECT_EQ(payload, "6:4hello5:4é€😀1:3");
  EXPECT_EQ(read(payload), (Lines{"4hello", "4é€😀", "3"}));
}

TEST(PayloadV3, BinaryInTextIsBase64) {
  const auto payload = written({binary_message("51-[\"a\"]", "\x01\x02\x03"), binary_message("", "")}, false);
  EXPECT_EQ(payload, "9:451-[\"a\"]6:b4AQID1:42:b4");
  EXPECT_EQ(read(payload), (Lines{"451-[\"a\"]", "#4\x01\x02\x03", "4", "#4"}));
}

TEST(PayloadV3, BinaryPayload) {
  std::string payload;
  PayloadWriterV3 writer(payload, true);
  writer.add(*binary_message("51-[\"é😀\"]", "\x01\x02\x03"));
  writer.add(PacketType::pong);
  EXPECT_EQ(payload,
            "\x00\x01\x04\xff"s
            "451-[\"é😀\"]"
            "\x01\x04\xff\x04\x01\x02\x03\x00\x01\xff"s
            "3");
  EXPECT_EQ(read(payload, true), (Lines{"451-[\"é😀\"]", "#4\x01\x02\x03", "3"}));
  const auto longer = written({binary_message("", std::string(20, '\xff'))}, true);
  EXPECT_EQ(longer.substr(4), "\x01\x02\x01\xff\x04"s + std::string(20, '\xff'));
  EXPECT_EQ(read(longer, true), (Lines{"4", "#4" + std::string(20, '\xff')}));
}

TEST(PayloadV3, RefusesTextThatIsNone) {
  EXPECT_EQ(read("1:20:1:3"), (Lines{"2", "3"}));
  for (const std::string_view payload : {"", ":", "4", "1", "1:", "x:4", "-1:4", "+1:4", "1.0:4", "3:4a",
                                         "1:7", "1:x", "3:b4!", "1:b", "99999999999999999999:4", "2:4😀"}) {
    EXPECT_EQ(read(payload), (Lines{"invalid"})) << payload;
  }
  EXPECT_EQ(read("2:4a5"), (Lines{"4a", "invalid"}));
}

TEST(PayloadV3, RefusesBytesThatAreNone) {
  for (const std::string& payload :
       {"\x00"s, "\x00\x01"s, "\x00\xff"s,
        "\x00\xff"
        "4"s,
        "\x00\x01\xff"s, "\x01\x02\xff\x04"s, "\x01\x01\xff\x07"s, "\x01\x01\xff\x84"s,
        "\x00"
        "1\xff"
        "4"s,
        "\x00\x00\xff"s, "\x00" + std::string(20, '\x09') + "\xff"}) {
    EXPECT_EQ(read(payload, true), (Lines{"invalid"}));
  }
}

}  // namespace
}  // namespace belfry::engineio
