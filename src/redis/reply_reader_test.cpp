#include "redis/reply_reader.h"

#include <gtest/gtest.h>

namespace belfry::redis {

namespace {

/// The replies, as text, in pieces of `size` bytes.
std::string read(std::string_view bytes, std::size_t size = std::string::npos, std::size_t bound = 1'000) {
  const auto text = [](const auto& self, const Reply& reply) -> std::string {
    switch (reply.kind) {
      case Reply::Kind::nil:
        return "nil";
      case Reply::Kind::integer:
        return std::to_string(reply.integer);
      case Reply::Kind::text:
        return "'" + reply.text + "'";
      case Reply::Kind::error:
        return "!" + reply.text;
      case Reply::Kind::array:
        break;
    }
    std::string all = "[";
    for (const Reply& item : reply.items) all += self(self, item) + ",";
    return all + "]";
  };
  ReplyReader reader(bound);
  std::string all;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    while (true) {
      const auto reply = reader.next();
      if (!reply) return all + "error " + std::to_string(static_cast<int>(reply.error().kind));
      if (!*reply) break;
      all += text(text, **reply) + " ";
    }
  }
  return all;
}

const std::string kMalformed = "error " + std::to_string(static_cast<int>(ErrorKind::malformed));
const std::string kTooLarge = "error " + std::to_string(static_cast<int>(ErrorKind::too_large));

}  // namespace

TEST(ReplyReader, ReadsEveryKindInAnyPieces) {
  const std::string bytes =
      "+OK\r\n:-12\r\n$5\r\na\r\nbc\r\n$-1\r\n*-1\r\n-ERR "
      "no\r\n*4\r\n:1\r\n*2\r\n$0\r\n\r\n$-1\r\n*0\r\n-X\r\n";
  const std::string replies = "'OK' -12 'a\r\nbc' nil nil !ERR no [1,['',nil,],[],!X,] ";
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::string::npos}) {
    EXPECT_EQ(read(bytes, size), replies) << size;
  }
}

TEST(ReplyReader, RefusesWhatIsNoReply) {
  EXPECT_EQ(read("+OK\r\nHTTP/1.1 400 Bad Request\r\n\r\n"), "'OK' " + kMalformed);
  EXPECT_EQ(read("*2\r\n:1\r\n?\r\n"), kMalformed);
  EXPECT_EQ(read("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"), kMalformed) << "too deep";
}

TEST(ReplyReader, KeepsItsBounds) {
  const std::string large = "$900\r\n" + std::string(900, 'x') + "\r\n";
  EXPECT_EQ(read(large), "'" + std::string(900, 'x') + "' ");
  EXPECT_EQ(read("$2000\r\n" + std::string(1'100, 'x'), 100), kTooLarge) << "before its end";
  EXPECT_EQ(read("*2\r\n" + large + large, 100), kTooLarge) << "together";
  EXPECT_EQ(read(large + large + large, 100).size(), 3 * 903U) << "each by itself";
  EXPECT_EQ(read("*2147483647\r\n:1\r\n"), "") << "no room is made for what is only claimed";
  std::string many = "*1000001\r\n";
  for (int i = 0; i < 1'000'001; ++i) many += ":1\r\n";
  EXPECT_EQ(read(many, std::string::npos, 64u << 20), kTooLarge);
}

}  // namespace belfry::redis
