#include "websocket/frame.h"

#include <gtest/gtest.h>

#include <array>

#include "websocket/handshake.h"

namespace belfry::websocket {
namespace {

using namespace std::string_literals;

TEST(Frame, HeaderHasTheShortestLength) {
  struct Case {
    std::size_t payload;
    std::string header;
  };
  const Case cases[] = {{0, "\x82\x00"s},
                        {125, "\x82\x7d"s},
                        {126, "\x82\x7e\x00\x7e"s},
                        {65535, "\x82\x7e\xff\xff"s},
                        {65536, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s}};
  for (const auto& [payload, header] : cases) {
    EXPECT_EQ(header_size(payload), header.size()) << payload;
    const std::string frame = make_frame(Opcode::binary, std::string(payload, 'x'));
    EXPECT_EQ(frame.substr(0, header.size()), header) << payload;
    EXPECT_EQ(frame.size(), header.size() + payload);
  }
}

TEST(Frame, WriteHeaderReturnsPastIt) {
  std::array<char, 10> out{};
  EXPECT_EQ(write_header(out.data(), Opcode::text, 5), out.data() + 2);
  EXPECT_EQ(out[0], '\x81');
  EXPECT_EQ(write_header(out.data(), Opcode::text, 70000), out.data() + 10);
}

TEST(Frame, CloseCarriesCodeAndReason) {
  EXPECT_EQ(make_close_frame(CloseCode::protocol_error), "\x88\x02\x03\xea"s);
  EXPECT_EQ(make_close_frame(CloseCode::normal, "bye"), "\x88\x05\x03\xe8"s + "bye");
}

TEST(Frame, CloseReasonIsCutAtACharacter) {
  const std::string exact = std::string(121, 'a') + "é";
  EXPECT_EQ(make_close_frame(CloseCode::normal, exact + "z").substr(4), exact);
  const std::string split = std::string(122, 'a') + "é";
  EXPECT_EQ(make_close_frame(CloseCode::normal, split).substr(4), std::string(122, 'a'));
}

TEST(Handshake, AnswersTheKeyOfTheRfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Handshake, ChecksKeys) {
  EXPECT_TRUE(valid_key("dGhlIHNhbXBsZSBub25jZQ=="));
  for (const auto* key :
       {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25!ZQ==",
        "dGhlIHNhbXBsZSBub25jZQ== ", "dGhlIHNhbXBsZSBub25jZQA="}) {
    EXPECT_FALSE(valid_key(key)) << key;
  }
}

}  // namespace
}  // namespace belfry::websocket
