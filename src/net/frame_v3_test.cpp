#include "net/frame_v3.h"

#include <gtest/gtest.h>

namespace belfry::net {
namespace {

using namespace std::string_literals;

// A text packet and two attachments, as version 4 frames them.
Encoded message() {
  Encoded encoded;
  encoded.frames =
      "\x81\x02"
      "4a"
      "\x82\x01"
      "x"
      "\x82\x00"s;
  encoded.text = {2, 2};
  encoded.attachments = {{6, 1}, {9, 0}};
  return encoded;
}

TEST(FrameV3, BinaryFramesBeginWithTheirType) {
  const Encoded framed = frame_v3(message(), false);
  EXPECT_EQ(framed.frames,
            "\x81\x02"
            "4a"
            "\x82\x02\x04"
            "x"
            "\x82\x01\x04"s);
  EXPECT_EQ(framed.view(framed.text), "4a");
  ASSERT_EQ(framed.attachments.size(), 2u);
  EXPECT_EQ(framed.view(framed.attachments[0]), "\x04x");
  EXPECT_EQ(framed.view(framed.attachments[1]), "\x04");
}

TEST(FrameV3, OrAreTextInBase64) {
  EXPECT_EQ(frame_v3(message(), true).frames,
            "\x81\x02"
            "4a"
            "\x81\x06"
            "b4eA=="
            "\x81\x02"
            "b4"s);
}

TEST(FrameV3, WithoutATextPacket) {
  Encoded encoded;
  encoded.frames = "\x82\x01x";
  encoded.attachments = {{2, 1}};
  EXPECT_EQ(frame_v3(encoded, false).frames, "\x82\x02\x04x");
}

TEST(FrameV3, IsMadeOnceForAllReceivers) {
  const MessageRef first(message());
  const MessageRef second = first;
  int made = 0;
  const auto make = [&made](const Encoded& encoded) {
    ++made;
    return frame_v3(encoded, false);
  };
  EXPECT_EQ(&*first.form(kVersion3Form, make), &*second.form(kVersion3Form, make));
  EXPECT_EQ(made, 1);
}

}  // namespace
}  // namespace belfry::net
