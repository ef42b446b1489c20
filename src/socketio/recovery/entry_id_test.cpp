#include "socketio/recovery/entry_id.h"

#include <gtest/gtest.h>

namespace belfry::socketio {

TEST(EntryId, KeepsItsOrderAndItsText) {
  EventNumber before = 0;
  for (const char* text : {"0-1", "1-0", "1-4194303", "1796036220015-0", "1796036220015-7", "1796036220016-0",
                           "4398046511103-4194303"}) {
    const auto entry = parse_entry_id(text);
    ASSERT_TRUE(entry) << text;
    EXPECT_GT(*entry, before) << text;
    EXPECT_EQ(entry_id_text(*entry), text);
    before = *entry;
  }
  EXPECT_EQ(entry_id_text(*parse_entry_id("7-4194303") + 1), "8-0");
}

TEST(EntryId, IsNothingElse) {
  for (const char* text : {"", "-", "1", "1-", "-1", "1-1-1", "1-x", "x-1", " 1-1", "1-1 ", "+1-1", "o:7",
                           "0-0", "1-4194304", "4398046511104-0", "18446744073709551616-0"}) {
    EXPECT_FALSE(parse_entry_id(text)) << text;
  }
}

}  // namespace belfry::socketio
