#include "websocket/deflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>
#include <vector>

namespace belfry::websocket {
namespace {

using namespace std::string_literals;

constexpr std::size_t kMax = 100'000;

std::string inflated(Inflater& inflater, const std::string& compressed, std::size_t max = kMax) {
  const auto message = inflater.inflate(compressed, max);
  return message ? std::string(*message) : "<" + std::to_string(static_cast<int>(message.error())) + ">";
}

std::string compressed(Deflater& deflater, std::string_view payload) {
  std::string out = "kept:";
  EXPECT_TRUE(deflater.compress(payload, out));
  EXPECT_TRUE(out.starts_with("kept:"));
  return out.substr(5);
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// ---- RFC 7692, 7.2.3: the examples ----

TEST(Inflater, ReadsOneBlock) {
  Inflater inflater(false);
  EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
}

TEST(Inflater, ReadsSharedWindows) {
  Inflater inflater(true);
  EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
  EXPECT_EQ(inflated(inflater, "\xf2\x00\x11\x00\x00"s), "Hello");
  Inflater forgetful(false);
  EXPECT_EQ(inflated(forgetful, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
  EXPECT_EQ(inflated(forgetful, "\xf2\x00\x11\x00\x00"s), "<1007>");
}

TEST(Inflater, ReadsBlocksWithoutCompression) {
  Inflater inflater(false);
  EXPECT_EQ(inflated(inflater, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s), "Hello");
}

TEST(Inflater, ReadsLastBlocksAndWhatFollowsThem) {
  const auto last = "\xf3\x48\xcd\xc9\xc9\x07\x00"s;
  for (const bool keep : {false, true}) {
    Inflater inflater(keep);
    EXPECT_EQ(inflated(inflater, last + "\x00"s), "Hello");
    EXPECT_EQ(inflated(inflater, last), "Hello") << "without the byte behind it";
    EXPECT_EQ(inflated(inflater, last + last + "\x00"s), "HelloHello");
    EXPECT_EQ(inflated(inflater, last + "\xf2\x00\x11\x00\x00"s), "HelloHello")
        << "refers to before the last block";
    EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
  }
}

TEST(Inflater, ReadsTwoBlocksInOneMessage) {
  Inflater inflater(false);
  EXPECT_EQ(inflated(inflater, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s), "Hello");
}

TEST(Inflater, ReadsAnEmptyMessage) {
  Inflater inflater(false);
  EXPECT_EQ(inflated(inflater, "\x00"s), "");
  EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
}

// ---- what is wrong ----

TEST(Inflater, RefusesWhatIsNoMessage) {
  for (const auto& bad : {"\xff\xff\xff\xff"s, "\x06"s, ""s, "\x00\x05\x00\x00\x00Hello"s}) {
    Inflater inflater(false);
    EXPECT_EQ(inflated(inflater, bad), "<1007>");
    EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello")
        << "afterwards it is as good as new";
  }
}

TEST(Inflater, RefusesWhatWasCut) {
  Deflater deflater({});
  const std::string whole =
      compressed(deflater, "What I tell you three times is true: it is true, it is true, it is true.");
  Inflater inflater(false);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(inflated(inflater, whole.substr(0, size)), "<1007>") << size << " of " << whole.size();
  }
}

TEST(Inflater, StopsAtItsBound) {
  Deflater deflater({});
  const std::string bomb = compressed(deflater, std::string(50'000'000, 'x'));
  Inflater inflater(false);
  EXPECT_LT(bomb.size(), 60'000);
  EXPECT_EQ(inflated(inflater, bomb), "<1009>");
  EXPECT_EQ(inflated(inflater, compressed(deflater, std::string(kMax, 'y'))), std::string(kMax, 'y'));
  EXPECT_EQ(inflated(inflater, compressed(deflater, std::string(kMax + 1, 'y'))), "<1009>");
  EXPECT_EQ(inflated(inflater, compressed(deflater, "y"), 0), "<1009>");
  EXPECT_EQ(inflated(inflater, "\x00"s, 0), "");
}

// ---- there and back ----

TEST(Deflater, IsReadByTheInflater) {
  std::vector<std::string> messages = {"a", "Hello", std::string(70'000, 'z'), noise(70'000), "é✓"};
  messages.push_back(messages[3] + messages[3]);  // repeats beyond any window
  for (const bool keep : {false, true}) {
    for (int bits = kMinWindowBits; bits <= kMaxWindowBits; ++bits) {
      Deflater deflater(
          {.window_bits = bits, .memory_level = 1 + bits % 9, .level = 1 + bits % 9, .keep_context = keep});
      Inflater inflater(keep, bits);
      for (int round = 0; round < 2; ++round) {
        for (const auto& message : messages) {
          ASSERT_EQ(inflated(inflater, compressed(deflater, message), 200'000), message) << bits << keep;
        }
      }
    }
  }
}

TEST(Deflater, RefersToEarlierMessagesOnlyWhereItMay) {
  const std::string message = noise(200);
  Deflater forgetful({});
  const std::string once = compressed(forgetful, message);
  EXPECT_EQ(compressed(forgetful, message), once);
  Deflater keeps({.keep_context = true});
  EXPECT_EQ(compressed(keeps, message), once);
  EXPECT_LT(compressed(keeps, message).size(), 20);
}

TEST(Deflater, SaysWhatItHolds) {
  EXPECT_GT(DeflateSettings{}.memory_bytes(), 256 * 1024);
  EXPECT_LT(DeflateSettings{}.memory_bytes(), 300 * 1024);
  const DeflateSettings small{.window_bits = 9, .memory_level = 1};
  EXPECT_LT(small.memory_bytes(), 12 * 1024);
  EXPECT_GT(Inflater::memory_bytes(15), 32 * 1024);
}

}  // namespace
}  // namespace belfry::websocket
