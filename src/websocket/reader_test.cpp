#include "websocket/reader.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "websocket/mask.h"

namespace belfry::websocket {
namespace {

using namespace std::string_literals;

constexpr std::size_t kMaxMessage = 1000;

/// Writes down what it is told, and stops after `stop_after` calls.
class Recorder : public Sink {
 public:
  bool on_message(Opcode op, std::string_view payload) override {
    last_data = payload.data();
    return note(op == Opcode::text ? "text:" : "binary:", payload);
  }
  bool on_ping(std::string_view payload) override { return note("ping:", payload); }
  bool on_pong(std::string_view payload) override { return note("pong:", payload); }
  bool on_close(std::uint16_t code, std::string_view reason) override {
    return note("close " + std::to_string(code) + ":", reason);
  }

  std::vector<std::string> calls;
  std::size_t stop_after = ~std::size_t{0};
  const char* last_data = nullptr;

 private:
  bool note(std::string kind, std::string_view payload) {
    calls.push_back(kind.append(payload));
    return calls.size() < stop_after;
  }
};

/// What came of feeding a script: the calls, and the close code (0 if it did not fail).
struct Outcome {
  std::vector<std::string> calls;
  unsigned failure = 0;
  bool operator==(const Outcome&) const = default;
};

constexpr MaskKey kKey{'\x37', '\xfa', '\x21', '\x3d'};

std::string masked(std::string payload, const MaskKey& key = kKey) {
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
  return payload;
}

/// A client's frame; `first` holds the flags and the opcode.
std::string frame(unsigned first, const std::string& payload, const MaskKey& key = kKey) {
  std::string out(header_size(payload.size()), '\0');
  write_header(out.data(), Opcode::text, payload.size());
  out[0] = static_cast<char>(first);
  out[1] = static_cast<char>(out[1] | '\x80');
  return out + std::string(key.begin(), key.end()) + masked(payload, key);
}

std::string text(const std::string& payload) {
  return frame(0x81, payload);
}
std::string close_frame(unsigned code, const std::string& reason = {}) {
  return frame(0x88, std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + reason);
}

/// Feeds the pieces between the cuts; afterwards nothing more may be taken if reading has failed.
Outcome feed(const std::string& script, const std::vector<std::size_t>& cuts) {
  Reader reader(kMaxMessage);
  Recorder sink;
  Outcome outcome;
  std::size_t from = 0;
  auto piece = [&](std::size_t to) {
    std::vector<char> bytes(script.begin() + static_cast<long>(from), script.begin() + static_cast<long>(to));
    const auto result = reader.feed(bytes, sink);
    if (!result && outcome.failure == 0) outcome.failure = static_cast<unsigned>(result.error());
    from = to;
  };
  for (const std::size_t cut : cuts) piece(cut);
  piece(script.size());
  outcome.calls = sink.calls;
  return outcome;
}

/// Feeds the script whole, cut at every pair of positions, and byte by byte: always the same must come of it.
void expect(const std::string& script, const Outcome& expected) {
  EXPECT_EQ(feed(script, {}).calls, expected.calls);
  EXPECT_EQ(feed(script, {}).failure, expected.failure);
  std::vector<std::size_t> all;
  for (std::size_t i = 1; i < script.size(); ++i) all.push_back(i);
  EXPECT_EQ(feed(script, all), expected) << "byte by byte";
  if (script.size() > 200) return;
  for (std::size_t a = 1; a < script.size(); ++a) {
    for (std::size_t b = a; b < script.size(); ++b)
      ASSERT_EQ(feed(script, {a, b}), expected) << a << ',' << b;
  }
}

void expect_failure(const std::string& script, CloseCode code) {
  // Whatever stands behind the violation is not looked at.
  expect(text("before") + script + text("after"), {{"text:before"}, static_cast<unsigned>(code)});
}

TEST(Reader, ReadsMessages) {
  expect(text("Hello") + frame(0x82, "\x00\xff"s) + text("") + text("é✓"),
         {{"text:Hello", "binary:\x00\xff"s, "text:", "text:é✓"}, 0});
}

TEST(Reader, ReadsEveryLengthForm) {
  for (const std::size_t size : {0, 1, 7, 8, 125, 126, 127, 999, 1000}) {
    expect(frame(0x82, std::string(size, 'x')) + text("end"),
           {{"binary:" + std::string(size, 'x'), "text:end"}, 0});
  }
  Reader reader(100000);
  Recorder sink;
  std::string bytes = frame(0x82, std::string(65536, 'y'));
  ASSERT_TRUE(reader.feed(bytes, sink));
  EXPECT_EQ(sink.calls, std::vector{"binary:" + std::string(65536, 'y')});
}

TEST(Reader, JoinsFragmentsWithControlFramesBetween) {
  expect(frame(0x01, "Hel") + frame(0x89, "p") + frame(0x00, "") + frame(0x8a, "") + frame(0x80, "lo") +
             text("x"),
         {{"ping:p", "pong:", "text:Hello", "text:x"}, 0});
  // A character may be cut by a fragment's end.
  expect(frame(0x01, "\xc3"s) + frame(0x80, "\xa9"s) + frame(0x02, "") + frame(0x80, ""),
         {{"text:é", "binary:"}, 0});
}

TEST(Reader, DeliversWholeMessagesInPlace) {
  Reader reader(kMaxMessage);
  Recorder sink;
  std::string bytes = text("in place");
  ASSERT_TRUE(reader.feed(bytes, sink));
  EXPECT_EQ(sink.last_data, bytes.data() + 6);
}

TEST(Reader, RefusesBadHeaders) {
  for (const unsigned rsv : {0xc1u, 0xa1u, 0x91u}) expect_failure(frame(rsv, "x"), CloseCode::protocol_error);
  for (const unsigned op : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    expect_failure(frame(0x80 | op, "x"), CloseCode::protocol_error);
  }
  expect_failure("\x81\x01x", CloseCode::protocol_error);       // not masked
  expect_failure(frame(0x09, "x"), CloseCode::protocol_error);  // ping in fragments
  expect_failure(frame(0x08, ""), CloseCode::protocol_error);   // close in fragments
  expect_failure(frame(0x89, std::string(126, 'x')), CloseCode::protocol_error);
  expect_failure("\x81\xfe\x00\x7d"s + std::string(129, 'x'), CloseCode::protocol_error);  // 125 in 16 bits
  expect_failure("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff"s, CloseCode::protocol_error);  // 65535 in 64 bits
  expect_failure("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x01"s, CloseCode::protocol_error);  // top bit
}

TEST(Reader, RefusesBadFragments) {
  expect_failure(frame(0x80, "x"), CloseCode::protocol_error);
  expect_failure(frame(0x00, "x"), CloseCode::protocol_error);
  expect_failure(frame(0x01, "x") + frame(0x81, "y"), CloseCode::protocol_error);
  expect_failure(frame(0x01, "x") + frame(0x02, "y"), CloseCode::protocol_error);
}

TEST(Reader, SeesAViolationAtItsFirstByte) {
  for (const auto& script :
       {"\xf1"s, "\x83"s, "\x80"s, "\x09"s, "\x81\x01"s, "\x89\xfe"s, "\x81\xfe\x00\x01"s}) {
    EXPECT_EQ(feed(script, {}).failure, 1002u);
  }
}

TEST(Reader, RefusesTooMuch) {
  expect_failure(frame(0x81, std::string(1001, 'x')), CloseCode::too_big);
  expect_failure(frame(0x01, std::string(600, 'x')) + frame(0x80, std::string(401, 'x')), CloseCode::too_big);
  // Announced is enough.
  EXPECT_EQ(feed("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"s, {}).failure, 1009u);
  EXPECT_EQ(feed("\x82\xfe\x03\xe9"s, {}).failure, 1009u);
  EXPECT_EQ(feed(frame(0x02, "x") + "\x80\xfe\x03\xe8"s, {}).failure, 1009u);
}

TEST(Reader, CountsOnlyTheMessageItself) {
  expect(frame(0x02, std::string(500, 'x')) + frame(0x89, std::string(125, 'p')) +
             frame(0x80, std::string(500, 'x')),
         {{"ping:" + std::string(125, 'p'), "binary:" + std::string(1000, 'x')}, 0});
}

TEST(Reader, RefusesTextThatIsNotUtf8) {
  for (const auto& bad : {"\xff"s, "\xc3"s, "\xc0\x80"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "ok\x80"s}) {
    expect_failure(text(bad), CloseCode::invalid_data);
    expect_failure(frame(0x01, bad) + frame(0x80, ""), CloseCode::invalid_data);
  }
}

TEST(Reader, ReadsCloseFrames) {
  expect(frame(0x88, "") + text("late"), {{"close 1005:"}, 0});
  for (const unsigned code : {1000u, 1001u, 1002u, 1003u, 1007u, 1011u, 1012u, 1014u, 3000u, 4999u}) {
    expect(close_frame(code, "é") + text("late"), {{"close " + std::to_string(code) + ":é"}, 0});
  }
  expect_failure(frame(0x88, "x"), CloseCode::protocol_error);
  for (const unsigned code : {0u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 1100u, 2999u, 5000u, 65535u}) {
    expect_failure(close_frame(code), CloseCode::protocol_error);
  }
  expect_failure(close_frame(1000, "\xff"), CloseCode::invalid_data);
}

TEST(Reader, StopsWhenTheSinkSaysSo) {
  const std::string script = text("a") + frame(0x89, "b") + frame(0x01, "c") + frame(0x80, "d") + "\xff";
  for (std::size_t stop = 1; stop <= 3; ++stop) {
    Reader reader(kMaxMessage);
    Recorder sink;
    sink.stop_after = stop;
    std::string bytes = script;
    EXPECT_TRUE(reader.feed(bytes, sink));
    EXPECT_EQ(sink.calls.size(), stop);
    bytes = text("more");
    EXPECT_TRUE(reader.feed(bytes, sink));
    EXPECT_EQ(sink.calls.size(), stop);
  }
}

TEST(Reader, UnmasksAtEveryOffsetAndSize) {
  const MaskKey key{'\x01', '\x80', '\xfe', '\x3c'};
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t offset = 0; offset < 9; ++offset) {
      std::string data(size, '\0'), expected;
      for (std::size_t i = 0; i < size; ++i) {
        data[i] = static_cast<char>(i * 7);
        expected += static_cast<char>(data[i] ^ key[(i + offset) % 4]);
      }
      apply_mask(data.data(), size, key, offset);
      ASSERT_EQ(data, expected) << size << ' ' << offset;
    }
  }
}

TEST(Reader, ReadsRandomStreamsInRandomPieces) {
  std::mt19937 random(20260101);
  auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  for (int round = 0; round < 300; ++round) {
    std::string script;
    Outcome expected;
    for (int message = 0; message < 10; ++message) {
      std::string payload(below(4) == 0 ? below(kMaxMessage + 1) : below(30), '\0');
      for (char& c : payload) c = static_cast<char>(random());
      const std::size_t parts = 1 + below(3);
      std::size_t from = 0;
      for (std::size_t part = 0; part < parts; ++part) {
        const bool last = part + 1 == parts;
        const std::size_t size = last ? payload.size() - from : below(payload.size() - from + 1);
        const MaskKey key{static_cast<char>(random()), static_cast<char>(random()),
                          static_cast<char>(random()), 0};
        script += frame((last ? 0x80u : 0u) | (part == 0 ? 2u : 0u), payload.substr(from, size), key);
        from += size;
        if (!last && below(2) == 0) {
          script += frame(0x8a, "pong");
          expected.calls.push_back("pong:pong");
        }
      }
      expected.calls.push_back("binary:" + payload);
    }
    std::vector<std::size_t> cuts;
    for (std::size_t at = below(100); at < script.size(); at += 1 + below(100)) cuts.push_back(at);
    ASSERT_EQ(feed(script, cuts), expected) << round;
  }
}

TEST(Reader, MovesWithWhatIsIncomplete) {
  Reader reader(kMaxMessage);
  Recorder sink;
  std::string bytes = frame(0x01, "first ") + frame(0x80, "second");
  ASSERT_TRUE(reader.feed(std::span(bytes).first(20), sink));
  Reader moved = std::move(reader);
  ASSERT_TRUE(moved.feed(std::span(bytes).subspan(20), sink));
  EXPECT_EQ(sink.calls, std::vector{"text:first second"s});
}

// ---- compressed messages (RFC 7692) ----

const std::string kHello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;

Outcome feed_compressed(const std::string& script, std::size_t step = ~std::size_t{0}) {
  Reader reader(kMaxMessage);
  Inflater inflater(false);
  Recorder sink;
  Outcome outcome;
  for (std::size_t at = 0; at < script.size(); at += std::min(step, script.size() - at)) {
    std::string piece = script.substr(at, step);
    const auto result = reader.feed(piece, sink, &inflater);
    if (!result && outcome.failure == 0) outcome.failure = static_cast<unsigned>(result.error());
  }
  outcome.calls = sink.calls;
  return outcome;
}

void expect_compressed(const std::string& script, const Outcome& expected) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, script.size()}) {
    EXPECT_EQ(feed_compressed(script, step), expected) << "in steps of " << step;
  }
}

TEST(Reader, InflatesMessages) {
  expect_compressed(frame(0xc1, kHello) + text("plain") + frame(0xc2, kHello) + frame(0xc1, "\0"s),
                    {{"text:Hello", "text:plain", "binary:Hello", "text:"}, 0});
}

TEST(Reader, InflatesFragmentsWithControlFramesBetween) {
  expect_compressed(frame(0x41, kHello.substr(0, 3)) + frame(0x89, "p") + frame(0x00, "") +
                        frame(0x00, kHello.substr(3, 2)) + frame(0x80, kHello.substr(5)) + text("x") +
                        frame(0x01, "pl") + frame(0x80, "ain"),
                    {{"ping:p", "text:Hello", "text:x", "text:plain"}, 0});
}

TEST(Reader, RefusesReservedBitsThatMeanNothing) {
  const auto expect_1002 = [](const std::string& script) {
    expect_compressed(text("before") + script, {{"text:before"}, 1002});
  };
  expect_1002(frame(0x41, kHello.substr(0, 3)) + frame(0xc0, kHello.substr(3)));
  expect_1002(frame(0x01, "a") + frame(0xc0, "b"));
  expect_1002(frame(0xc9, ""));
  expect_1002(frame(0xca, ""));
  expect_1002(frame(0xc8, ""));
  for (const unsigned bits : {0x10u, 0x20u, 0x30u, 0x50u, 0x60u, 0x70u})
    expect_1002(frame(0x81 | bits, kHello));
  expect_failure(frame(0xc1, kHello), CloseCode::protocol_error);  // nothing was agreed
}

TEST(Reader, ChecksWhatItHasInflated) {
  expect_compressed(text("before") + frame(0xc1, "\xff\xff\xff"s), {{"text:before"}, 1007});
  // One block without compression that holds a byte which is no text.
  const auto no_text = "\x00\x01\x00\xfe\xff\xff\x00"s;
  expect_compressed(frame(0xc2, no_text), {{"binary:\xff"s}, 0});
  expect_compressed(frame(0xc1, no_text), {{}, 1007});
}

TEST(Reader, BoundsTheInflatedMessage) {
  Deflater deflater({});
  const auto compressed = [&deflater](const std::string& message) {
    std::string out;
    EXPECT_TRUE(deflater.compress(message, out));
    return out;
  };
  const std::string largest(kMaxMessage, 'x');
  expect_compressed(frame(0xc1, compressed(largest)), {{"text:" + largest}, 0});
  expect_compressed(frame(0xc1, compressed(largest + "x")), {{}, 1009});
  std::mt19937 random(3);
  std::string noise(kMaxMessage, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  ASSERT_GT(compressed(noise).size(), kMaxMessage);
  expect_compressed(frame(0xc2, compressed(noise)), {{"binary:" + noise}, 0});
  // What has more than such a message can have is not waited for.
  expect_compressed(frame(0x42, std::string(700, '\0')) + frame(0x80, std::string(600, '\0')), {{}, 1009});
}

// Wants one inflated message at a time.
struct Slow : Recorder {
  bool may_inflate() override { return false; }
};

TEST(Reader, InflatesNoMoreThanItMayAndLeavesTheRest) {
  const std::string script =
      text("plain") + frame(0xc1, kHello) + frame(0x89, "p") + frame(0xc2, kHello) + frame(0x41, kHello);
  Reader reader(kMaxMessage);
  Inflater inflater(false);
  Slow sink;
  std::vector<std::size_t> calls;
  std::string rest = script;
  while (!rest.empty()) {
    const auto consumed = reader.feed(rest, sink, &inflater);
    ASSERT_TRUE(consumed);
    rest.erase(0, *consumed);
    calls.push_back(sink.calls.size());
  }
  EXPECT_EQ(calls, (std::vector<std::size_t>{2, 4, 4}));
  std::string last = frame(0x80, "");
  ASSERT_TRUE(reader.feed(last, sink, &inflater));
  EXPECT_EQ(sink.calls,
            (std::vector<std::string>{"text:plain", "text:Hello", "ping:p", "binary:Hello", "text:Hello"}));
}

}  // namespace
}  // namespace belfry::websocket
