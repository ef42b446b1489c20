#include "net/deflate.h"

#include <gtest/gtest.h>

#include "runtime/once_forms.h"
#include "websocket/frame.h"

namespace belfry::net {
namespace {

using websocket::Opcode;

/// A message of one text and, where it is given, one attachment.
Encoded encoded(const std::string& text, const std::string& attachment = {}) {
  const auto part_of = [](std::string& frames, Opcode op, const std::string& payload) {
    frames += websocket::make_frame(op, payload);
    return Encoded::Part{static_cast<std::uint32_t>(frames.size() - payload.size()),
                         static_cast<std::uint32_t>(payload.size())};
  };
  Encoded message;
  message.text = part_of(message.frames, Opcode::text, text);
  if (!attachment.empty()) message.attachments = {part_of(message.frames, Opcode::binary, attachment)};
  return message;
}

MessageRef message(const std::string& text, const std::string& attachment = {}) {
  return MessageRef(encoded(text, attachment));
}

const std::string kLong(5'000, 'x');

struct OneShard {
  explicit OneShard(const DeflateOptions& options = {}, std::size_t max_contexts = 100,
                    std::size_t max_bytes = 10'000'000)
      : budget(max_contexts, max_bytes), shard(options, budget) {}

  ShardDeflate::Accepted accept(const std::string& offers = "permessage-deflate") {
    auto accepted = shard.accept(offers);
    EXPECT_TRUE(accepted);
    return std::move(*accepted);
  }

  DeflateBudget budget;
  ShardDeflate shard;
};

TEST(Deflate, CompressesAMessageOnceForAll) {
  OneShard world;
  const auto one = world.accept();
  const auto other = world.accept();
  const auto small = world.accept("permessage-deflate; server_max_window_bits=9");
  const MessageRef plain = message(kLong);
  const MessageRef first = one.deflate->compress(plain);
  EXPECT_LT(first.size(), 100);
  EXPECT_EQ(static_cast<unsigned char>(first->frames[0]), 0xc1);
  EXPECT_EQ(other.deflate->compress(plain)->frames.data(), first->frames.data());
  EXPECT_NE(small.deflate->compress(plain)->frames.data(), first->frames.data()) << "another window";
}

TEST(Deflate, CompressesASharedMessageOnceForAllShards) {
  OneShard here;
  OneShard there;
  Encoded shared = encoded(kLong);
  shared.forms = std::make_shared<runtime::OnceForms>();
  const auto to_all = std::make_shared<const Encoded>(std::move(shared));
  const MessageRef one = here.accept().deflate->compress(MessageRef(to_all));
  const MessageRef other = there.accept().deflate->compress(MessageRef(to_all));
  EXPECT_LT(one.size(), 100);
  EXPECT_EQ(one->frames.data(), other->frames.data());
}

TEST(Deflate, LeavesAloneWhatIsNotToBeCompressed) {
  OneShard world;
  const auto accepted = world.accept();
  const auto sent_as_is = [&](const MessageRef& plain) {
    return accepted.deflate->compress(plain)->frames.data() == plain->frames.data();
  };
  EXPECT_TRUE(sent_as_is(message(std::string(1'023, 'x'))));
  EXPECT_FALSE(sent_as_is(message(std::string(1'024, 'x'))));
  Encoded unwanted = encoded(kLong);
  unwanted.compress = false;
  EXPECT_TRUE(sent_as_is(MessageRef(std::move(unwanted))));
  std::string noise(2'000, '\0');
  std::uint32_t state = 1;
  for (char& byte : noise) byte = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  EXPECT_TRUE(sent_as_is(message("451-", noise))) << "it would only grow";
}

TEST(Deflate, CompressesEachPartByItself) {
  OneShard world;
  const auto accepted = world.accept();
  const MessageRef mixed = accepted.deflate->compress(message("451-[]", kLong));
  EXPECT_EQ(mixed->frames.substr(0, 8), websocket::make_frame(Opcode::text, "451-[]"));
  EXPECT_EQ(static_cast<unsigned char>(mixed->frames[8]), 0xc2);
  EXPECT_LT(mixed.size(), 100);
}

TEST(Deflate, KeepsTheKeyOfAMessage) {
  OneShard world;
  const auto accepted = world.accept();
  Encoded state = encoded(kLong);
  state.key = "k";
  const MessageRef sent = accepted.deflate->compress(MessageRef(std::move(state)));
  EXPECT_LT(sent.size(), 100);
  EXPECT_EQ(sent->key, "k");
}

TEST(Deflate, KeepsContextsWithinItsBudget) {
  OneShard world({.context_takeover = true}, 3);
  auto one = world.accept();
  EXPECT_EQ(one.response, "permessage-deflate");
  EXPECT_EQ(world.budget.contexts(), 2);
  {
    const auto half = world.accept("permessage-deflate; client_no_context_takeover");
    EXPECT_EQ(half.response, "permessage-deflate; client_no_context_takeover");
    const auto past = world.accept();
    EXPECT_EQ(past.response, "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    EXPECT_EQ(world.budget.contexts(), 3);
  }
  EXPECT_EQ(world.budget.contexts(), 2);
  one.deflate.reset();
  EXPECT_EQ(world.budget.contexts(), 0);

  OneShard narrow({.context_takeover = true}, 100, 400'000);
  const auto first = narrow.accept();
  const auto second = narrow.accept();
  EXPECT_EQ(narrow.budget.contexts(), 2) << "for a second pair there are not enough bytes";
}

TEST(Deflate, WithContextsEachConnectionCompressesForItself) {
  OneShard world({.context_takeover = true});
  const auto one = world.accept();
  std::string text(3'000, '\0');
  std::uint32_t state = 1;
  for (char& byte : text)
    byte = static_cast<char>('a' + ((state = state * 1'664'525 + 1'013'904'223) >> 24) % 26);
  const auto size_of_next = [&] { return one.deflate->compress(message(text)).size(); };
  const std::size_t first = size_of_next();
  EXPECT_GT(first, 1'000);
  EXPECT_LT(size_of_next(), 100);
  // A message that may yet be taken out of the queue must not be referred to by later ones.
  Encoded keyed = encoded(kLong);
  keyed.key = "k";
  EXPECT_EQ(static_cast<unsigned char>(one.deflate->compress(MessageRef(std::move(keyed)))->frames[0]), 0x81);
}

}  // namespace
}  // namespace belfry::net
