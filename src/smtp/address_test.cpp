#include "smtp/address.h"

#include <gtest/gtest.h>

namespace belfry::smtp {
namespace {

TEST(Address, IsWhatMailCanBeSentTo) {
  for (const char* good : {"a@b", "ann.b+tag@example.org", "o'neil_1@sub.example-1.org"}) {
    EXPECT_TRUE(is_address(good)) << good;
  }
  const std::string local(64, 'a');
  EXPECT_TRUE(is_address(local + "@b"));
  EXPECT_FALSE(is_address(local + "a@b"));
  EXPECT_TRUE(is_address("a@" + std::string(252, 'b')));
  EXPECT_FALSE(is_address("a@" + std::string(253, 'b')));
}

TEST(Address, NothingElseIsOne) {
  for (const char* wrong :
       {"",      "@",     "a@",     "@b",       "ab",     "a b@c",   "a@b c",  "a@b@c", "a@b\r\nBcc: c@d",
        "a\n@b", "<a@b>", "a@b>",   "x@[host]", "a,b@c",  "\"a\"@b", "a..b@c", ".a@b",  "a.@b",
        "a@.b",  "a@b.",  "a@b..c", "ä@b",      "a@ü.de", "a@b,c@d"}) {
    EXPECT_FALSE(is_address(wrong)) << wrong;
  }
}

TEST(Mailbox, HasAnAddressAndPerhapsAName) {
  EXPECT_EQ(parse_mailbox(" a@b.c ")->address, "a@b.c");
  EXPECT_EQ(parse_mailbox("a@b.c")->name, "");
  EXPECT_EQ(parse_mailbox("a@b.c")->domain(), "b.c");
  for (const char* named : {"Bel fry <a@b.c>", "\"Bel fry\" <a@b.c>"}) {
    const auto mailbox = parse_mailbox(named);
    ASSERT_TRUE(mailbox) << named;
    EXPECT_EQ(mailbox->name, "Bel fry");
    EXPECT_EQ(mailbox->address, "a@b.c");
  }
  for (const char* wrong : {"", "Belfry", "Belfry <>", "Belfry <a>", "Bel\nfry <a@b>", "<a@b", "\x01"}) {
    EXPECT_FALSE(parse_mailbox(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace belfry::smtp
