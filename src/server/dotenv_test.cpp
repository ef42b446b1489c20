#include "server/dotenv.h"

#include <gtest/gtest.h>

namespace belfry::server {
namespace {

struct Case {
  const char* text;
  const char* value;
};

TEST(Dotenv, ReadsEveryFormOfAValue) {
  for (const Case& c : {
           Case{"A=1", "1"},
           Case{"A=1\r\n", "1"},
           Case{"  export A = a b  \n", "a b"},
           Case{"A=a#b # comment", "a#b"},
           Case{"A=# comment", ""},
           Case{"A=", ""},
           Case{"A=a=b", "a=b"},
           Case{"A='a \\n#\"b' # comment", "a \\n#\"b"},
           Case{R"(A="a\n\"b\\")", "a\n\"b\\"},
           Case{"A=\"one\ntwo\"\n", "one\ntwo"},
           Case{"export=A\n", "A"},
       }) {
    const auto lines = parse_dotenv(c.text);
    ASSERT_TRUE(lines.has_value()) << c.text << ": " << lines.error().message;
    ASSERT_EQ(lines->size(), 1U) << c.text;
    EXPECT_EQ(lines->front().value, c.value) << c.text;
  }
}

TEST(Dotenv, CountsLines) {
  const auto lines = parse_dotenv("# first\n\nA=\"x\ny\"\n\tB=2\n");
  ASSERT_TRUE(lines.has_value());
  ASSERT_EQ(lines->size(), 2U);
  EXPECT_EQ((*lines)[0].line, 3);
  EXPECT_EQ((*lines)[1].line, 5);
  EXPECT_EQ((*lines)[1].name, "B");
}

TEST(Dotenv, ACarriageReturnAloneEndsNoLine) {
  EXPECT_FALSE(parse_dotenv("A=\"x\"\rB=y\n"));
  EXPECT_TRUE(parse_dotenv("A=\"x\"\r\nB=y\r\n"));
  EXPECT_TRUE(parse_dotenv("A=\"x\"\r"));
}

TEST(Dotenv, SaysWhatIsWrongAndWhere) {
  for (const auto& [text, error] :
       {Case{"A=1\nB\n", "2: expected NAME=value"}, Case{"=1", "1: expected NAME=value"},
        Case{"A='x", "1: the quote is not closed"}, Case{"A=\"x\\", "1: the quote is not closed"},
        Case{"\nA='x' y", "2: unexpected text after the closing quote"}}) {
    const auto lines = parse_dotenv(text);
    ASSERT_FALSE(lines.has_value()) << text;
    EXPECT_EQ(lines.error().message, error);
  }
}

}  // namespace
}  // namespace belfry::server
