#include "core/message_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <random>
#include <string>

namespace belfry {
namespace {

MessageRef message(std::string frames, std::string key = {}) {
  Encoded encoded;
  encoded.frames = std::move(frames);
  encoded.key = std::move(key);
  return MessageRef(std::move(encoded));
}

std::string all(const MessageQueue& queue) {
  std::string text;
  queue.for_each([&text](const MessageQueue::Item& item) {
    text += item.message ? item.message->frames : std::string(1, item.packet);
  });
  return text;
}

TEST(MessageQueue, KeepsTheOrder) {
  MessageQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.push(message("ab")));
  queue.push_packet('2');
  queue.push(message("c"));
  EXPECT_EQ(all(queue), "ab2c");
  EXPECT_EQ(queue.bytes(), 4);
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0);
}

TEST(MessageQueue, KeepsOnlyTheNewestOfAKeyInItsOwnPlace) {
  MessageQueue queue;
  queue.push(message("a1", "a"));
  queue.push(message("x"));
  queue.push(message("b1", "b"));
  EXPECT_TRUE(queue.push(message("a22", "a")));
  queue.push(message("y"));
  EXPECT_TRUE(queue.push(message("a3", "a")));
  EXPECT_EQ(all(queue), "xb1ya3");
  EXPECT_EQ(queue.bytes(), 6);
}

TEST(MessageQueue, KeepsWhatHasBegunToLeave) {
  MessageQueue queue;
  queue.push(message("a1", "a"));
  queue.push(message("x"));
  queue.take(1);
  EXPECT_FALSE(queue.push(message("a2", "a")));
  EXPECT_TRUE(queue.push(message("a3", "a")));
  std::array<char, 16> room{};
  EXPECT_EQ(queue.front(room.data(), room.size()), "1xa3");
  EXPECT_EQ(queue.bytes(), 4);
  queue.take(2);
  EXPECT_EQ(queue.front(room.data(), room.size()), "a3");
  queue.take(2);
  EXPECT_TRUE(queue.empty());
}

TEST(MessageQueue, JoinsWhatFits) {
  MessageQueue queue;
  for (const auto* text : {"abc", "de", "fgh", "i"}) queue.push(message(text));
  std::array<char, 6> room{};
  EXPECT_EQ(queue.front(room.data(), room.size()), "abcde");
  EXPECT_EQ(queue.front(room.data(), 2), "abc") << "a large one as it stands";
  queue.take(4);
  EXPECT_EQ(queue.front(room.data(), room.size()), "efghi");
}

TEST(MessageQueue, JoinsNothingWithWhatIsApart) {
  MessageQueue queue;
  Encoded greeting;
  greeting.frames = "hi";
  greeting.apart = true;
  queue.push(message("a"));
  queue.push(message("b"));
  queue.push(MessageRef(std::move(greeting)));
  queue.push(message("c"));
  std::array<char, 16> room{};
  EXPECT_FALSE(queue.first_is_apart());
  EXPECT_EQ(queue.front(room.data(), room.size()), "ab");
  queue.take(2);
  EXPECT_TRUE(queue.first_is_apart());
  EXPECT_EQ(queue.front(room.data(), room.size()), "hi");
  queue.take(2);
  EXPECT_EQ(queue.front(room.data(), room.size()), "c");
}

TEST(MessageQueue, HandsOutABoundedPart) {
  MessageQueue queue;
  for (const auto* text : {"abc", "de", "fgh", "i"}) queue.push(message(text));
  queue.take(1);
  std::size_t offset = 0;
  const auto taken = queue.take_out(3, offset);
  ASSERT_EQ(taken.size(), 2);
  EXPECT_EQ(offset, 1);
  EXPECT_EQ(all(queue), "fghi");
  EXPECT_EQ(queue.bytes(), 4);
  EXPECT_EQ(queue.take_out(100, offset).size(), 2);
  EXPECT_EQ(offset, 0);
  EXPECT_TRUE(queue.empty());
}

TEST(MessageQueue, DiscardsButWhatHasBegunToLeave) {
  MessageQueue queue;
  queue.push(message("abc"));
  queue.push(message("de", "k"));
  queue.take(1);
  EXPECT_EQ(queue.discard(), 2);
  EXPECT_EQ(queue.bytes(), 2);
  std::array<char, 16> room{};
  EXPECT_EQ(queue.front(room.data(), room.size()), "bc");
  queue.take(2);
  queue.push(message("f"));
  EXPECT_EQ(queue.discard(), 1);
  EXPECT_TRUE(queue.empty());
}

TEST(MessageQueue, StaysSmallHoweverOftenAKeyIsRenewed) {
  MessageQueue queue;
  const MessageRef first = message("first");
  queue.push(first);
  for (int i = 0; i < 100'000; ++i) queue.push(message(std::to_string(i % 10), i % 3 == 0 ? "a" : "b"));
  EXPECT_EQ(all(queue), "first89");
  std::size_t visited = 0;
  queue.for_each([&](const auto&) { ++visited; });
  EXPECT_EQ(visited, 3);
}

// Against the plainest queue that does the same.
TEST(MessageQueue, DoesAsAPlainQueueDoes) {
  struct Plain {
    std::string frames, key;
  };
  std::mt19937 random(11);
  const auto below = [&random](unsigned bound) { return static_cast<unsigned>(random()) % bound; };
  for (int round = 0; round < 50; ++round) {
    MessageQueue queue;
    std::deque<Plain> plain;
    std::size_t offset = 0;
    const unsigned keys = 1 + below(40);
    for (int step = 0; step < 2'000; ++step) {
      if (plain.empty() || below(5) < 3) {
        const std::string text(1 + below(9), static_cast<char>('a' + below(26)));
        const std::string key = below(2) == 0 ? "" : "key" + std::to_string(below(keys));
        for (std::size_t i = offset > 0 ? 1 : 0; i < plain.size() && !key.empty(); ++i) {
          if (plain[i].key == key) plain.erase(plain.begin() + static_cast<long>(i--));
        }
        plain.push_back({text, key});
        queue.push(message(text, key));
      } else {
        std::array<char, 64> room{};
        const std::string front(queue.front(room.data(), 1 + below(64)));
        std::string expected;
        for (const auto& one : plain) expected += one.frames;
        ASSERT_EQ(expected.substr(offset, front.size()), front);
        const std::size_t taken = 1 + below(static_cast<unsigned>(front.size()));
        queue.take(taken);
        for (offset += taken; !plain.empty() && offset >= plain.front().frames.size(); plain.pop_front()) {
          offset -= plain.front().frames.size();
        }
      }
      std::string expected;
      for (const auto& one : plain) expected += one.frames;
      ASSERT_EQ(all(queue), expected);
      ASSERT_EQ(queue.bytes(), expected.size() - offset);
      ASSERT_EQ(queue.empty(), plain.empty());
    }
  }
}

TEST(MessageRef, MakesAFormOnce) {
  int made = 0;
  const MakeForm make = [&made](const Encoded& plain) {
    ++made;
    Encoded form;
    if (plain.frames != "best as it is") form.frames = "form of " + plain.frames;
    return form;
  };
  const MessageRef one = message("one");
  EXPECT_EQ(one.form(1, make)->frames, "form of one");
  EXPECT_EQ(MessageRef(one).form(1, make)->frames, "form of one");
  EXPECT_EQ(made, 1);
  EXPECT_EQ(one.form(0, make)->frames, "form of one");
  EXPECT_EQ(made, 2);
  const MessageRef best = message("best as it is");
  EXPECT_EQ(best.form(0, make)->frames, "best as it is");
  EXPECT_EQ(best.form(0, make)->frames, "best as it is");
  EXPECT_EQ(made, 3);
}

}  // namespace
}  // namespace belfry
