#include "socketio/json_scanner.h"

#include <gtest/gtest.h>

namespace belfry::socketio {

namespace {

// The elements as they stand in the text after the scan; none where it is refused.
std::vector<std::string> elements_of(std::string text) {
  JsonScanner scanner;
  std::vector<Args::Span> spans;
  if (!scanner.scan_array(text, spans)) return {};
  std::vector<std::string> elements;
  for (const auto& span : spans) elements.push_back(text.substr(span.offset, span.size));
  return elements;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST(JsonScanner, FindsTheElements) {
  EXPECT_EQ(elements_of(R"(["a", {"b": [1, 2]} ,null,-1.5e3 ])"),
            (Texts{R"("a")", R"({"b": [1, 2]})", "null", "-1.5e3"}));
}

TEST(JsonScanner, RefusesWhatIsNoArrayToTheLetter) {
  for (const char* text : {"", "{}", "1", "[1", "[1]]", "[1]x", "[01]", "[nul]", "[\"\x01\"]", "[1,]",
                           "[\"\\x\"]", "[1e400]", "[\"\\u12\"]"}) {
    EXPECT_EQ(elements_of(text), Texts()) << text;
  }
}

TEST(JsonScanner, NestsThatDeepAndNoDeeper) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_EQ(elements_of(nested(JsonScanner::kMaxDepth)).size(), 1U);
  EXPECT_EQ(elements_of(nested(JsonScanner::kMaxDepth + 1)), Texts());
  EXPECT_EQ(elements_of(nested(100'000)), Texts());
}

TEST(JsonScanner, ReplacesLoneSurrogates) {
  EXPECT_EQ(elements_of(R"(["a\ud834b","\udd1e",{"\uD834":1}])"),
            (Texts{R"("a\ufffdb")", R"("\ufffd")", R"({"\ufffd":1})"}));
  EXPECT_EQ(elements_of(R"(["\ud834\ud834\udd1e","\udd1e\ud834"])"),
            (Texts{R"("\ufffd\ud834\udd1e")", R"("\ufffd\ufffd")"}));
}

TEST(JsonScanner, KeepsPairsAndEscapedBackslashes) {
  EXPECT_EQ(elements_of(R"(["\ud834\udd1e","\\ud834","\ud834"])"),
            (Texts{R"("\ud834\udd1e")", R"("\\ud834")", R"("\ufffd")"}));
}

}  // namespace belfry::socketio
