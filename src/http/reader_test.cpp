#include "http/reader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace belfry::http {
namespace {

using namespace std::string_literals;

const std::string kGet = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: x\r\n";
const std::string kChunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";

/// What came of some bytes: each request as text, then the status of the failure and the bytes left over.
struct Seen {
  std::vector<std::string> requests;
  int error_status = 0;
  std::string left;
  bool operator==(const Seen&) const = default;
};

/// Reads pipelined requests from the pieces between the cuts. A request without keep-alive, or an upgrade, is
/// the last one.
Seen read(const std::string& script, const std::vector<std::size_t>& cuts, const Limits& limits = {}) {
  Reader reader(limits);
  Seen seen;
  bool last = false;
  std::size_t from = 0;
  auto piece = [&](std::size_t to) {
    std::string_view bytes = std::string_view(script).substr(from, to - from);
    from = to;
    while (!bytes.empty() && !last && seen.error_status == 0) {
      const Step step = reader.feed(bytes);
      ASSERT_LE(step.consumed, bytes.size());
      bytes.remove_prefix(step.consumed);
      if (step.outcome == Outcome::error) seen.error_status = reader.error_status();
      if (step.outcome != Outcome::request) continue;
      const Request request = reader.take();
      EXPECT_TRUE(reader.idle());
      seen.requests.push_back(request.method + ' ' + request.target + ' ' + request.body);
      last = !request.keep_alive || request.upgrade();
    }
    if (last) seen.left += bytes;
  };
  for (const std::size_t cut : cuts) piece(cut);
  piece(script.size());
  return seen;
}

/// The same must come of the bytes whole, byte by byte, and cut at each position.
void expect(const std::string& script, const Seen& expected, const Limits& limits = {}) {
  EXPECT_EQ(read(script, {}, limits), expected) << script.substr(0, 100);
  std::vector<std::size_t> all;
  for (std::size_t i = 1; i < script.size(); ++i) all.push_back(i);
  EXPECT_EQ(read(script, all, limits), expected) << "byte by byte: " << script.substr(0, 100);
  for (std::size_t a = 1; a < script.size() && script.size() < 1000; ++a) {
    ASSERT_EQ(read(script, {a}, limits), expected) << "cut at " << a << ": " << script;
  }
}

void expect_error(const std::string& script, int status, const Limits& limits = {}) {
  expect(kGet + "\r\n" + script, {{"GET /a?b=c "}, status, ""}, limits);
}

TEST(HttpReader, ReadsRequests) {
  expect(kGet + "\r\n", {{"GET /a?b=c "}, 0, ""});
  expect(kPost + "Content-Length: 5\r\n\r\nhello", {{"POST / hello"}, 0, ""});
  expect(kPost + "Content-Length: 0\r\n\r\n", {{"POST / "}, 0, ""});
  expect("M-SEARCH * HTTP/1.1\r\nHost:\r\n\r\n", {{"M-SEARCH * "}, 0, ""});
}

TEST(HttpReader, ReadsChunkedBodies) {
  expect(kChunked + "5\r\nhello\r\n0\r\n\r\n", {{"POST / hello"}, 0, ""});
  expect(kChunked + "1\r\nh\r\n00a;x=\"y\"\r\nello world\r\n000\r\nTrailer: t\r\nHost: y\r\n\r\n" + kGet +
             "\r\n",
         {{"POST / hello world", "GET /a?b=c "}, 0, ""});
  expect(kChunked + "0\r\n\r\n", {{"POST / "}, 0, ""});
}

TEST(HttpReader, ReadsPipelinedRequestsAndEmptyLinesBetween) {
  expect(kGet + "\r\n" + kPost + "Content-Length: 2\r\n\r\nab\r\n\r\n" + kGet + "\r\n",
         {{"GET /a?b=c ", "POST / ab", "GET /a?b=c "}, 0, ""});
}

TEST(HttpReader, LeavesWhatFollowsToTheCaller) {
  expect(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n\x81\x80\0\r\n"s,
      {{"GET / "}, 0, "\x81\x80\0\r\n"s});
  Reader reader{Limits{}};
  const Step step = reader.feed(kGet + "\r\n" + kGet);
  EXPECT_EQ(step.consumed, kGet.size() + 2);
  EXPECT_EQ(reader.feed(kGet).consumed, 0u) << "before take";
}

TEST(HttpReader, KnowsKeepAlive) {
  auto keeps = [](const std::string& script) {
    Reader reader{Limits{}};
    EXPECT_EQ(reader.feed(script).outcome, Outcome::request) << script;
    return reader.take().keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_FALSE(keeps(kPost + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"));
}

TEST(HttpReader, JoinsRepeatedFields) {
  Reader reader{Limits{}};
  ASSERT_EQ(reader.feed(kGet + "X-A: 1\r\nCookie: a=1\r\nx-a:  2 \r\ncookie: b=2\r\n\r\n").outcome,
            Outcome::request);
  const Request request = reader.take();
  EXPECT_EQ(request.headers.find("x-a"), "1, 2");
  EXPECT_EQ(request.headers.find("cookie"), "a=1; b=2");
  EXPECT_EQ(request.headers.size(), 3u);
  EXPECT_FALSE(request.headers.has("y"));
  EXPECT_EQ(request.version, 11u);
}

TEST(HttpReader, ShowsTheHeadBeforeTheBody) {
  Reader reader{Limits{}};
  EXPECT_TRUE(reader.idle());
  reader.feed("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r");
  EXPECT_FALSE(reader.idle());
  EXPECT_FALSE(reader.head_ready());
  EXPECT_FALSE(reader.expects_continue());
  reader.feed("\n");
  ASSERT_TRUE(reader.head_ready());
  EXPECT_EQ(reader.head().target, "/x");
  EXPECT_TRUE(reader.expects_continue());
  reader.feed("a");
  EXPECT_FALSE(reader.expects_continue());
  EXPECT_EQ(reader.feed("bc").outcome, Outcome::request);
  EXPECT_FALSE(reader.expects_continue());
  EXPECT_EQ(reader.take().body, "abc");
  EXPECT_TRUE(reader.idle());
}

TEST(HttpReader, ExpectsContinueOnlyWhereABodyIsOutstanding) {
  auto expects = [](const std::string& script) {
    Reader reader{Limits{}};
    reader.feed(script);
    return reader.expects_continue();
  };
  EXPECT_TRUE(expects(kPost + "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_FALSE(expects(kPost + "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n1"));
  EXPECT_FALSE(expects(kPost + "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(expects(kPost + "Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n"));
  EXPECT_FALSE(expects("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
}

TEST(HttpReader, RefusesWhatIsNotHttp) {
  expect_error("\x16\x03\x01\x02\x00\x01"s, 400);
  expect_error("GET /\r\n\r\n", 400);
  expect_error("GET / HTTQ/1.1\r\n\r\n", 400);
  expect_error("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_error("GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400);
  expect_error("G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_error("GET / HTTP/1.1\nHost: x\n\n", 400);
  expect_error("GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400);
  expect_error(kGet + "no colon\r\n\r\n", 400);
  expect_error(kGet + ": no name\r\n\r\n", 400);
  expect_error(kGet + "Space : before\r\n\r\n", 400);
  for (const char bad : {'\0', '\1', '\x0b', '\x7f', '\r', '\n'}) {
    expect_error(kGet + "A: b" + bad + "c\r\n\r\n", 400);
    expect_error("GET /" + std::string(1, bad) + " HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  }
  expect_error("PRI * HTTP/2.0\r\n\r\n", 505);
  expect_error("GET / HTTP/1.2\r\n\r\n", 505);
  expect_error("GET / HTTP/0.9\r\n\r\n", 505);
}

TEST(HttpReader, RefusesWithoutWaitingForMore) {
  for (const auto& script : {"NOT HTTP\r\n"s, "\x16\x03\x01"s, kGet + "bad header\r\n", kGet + "A: b\nC"}) {
    EXPECT_EQ(read(script, {}).error_status, 400) << script;
  }
}

TEST(HttpReader, WantsOneHost) {
  expect_error("GET / HTTP/1.1\r\n\r\n", 400);
  expect_error(kGet + "Host: y\r\n\r\n", 400);
  expect("GET / HTTP/1.0\r\n\r\n", {{"GET / "}, 0, ""});
}

TEST(HttpReader, RefusesWhatTwoReadersCouldReadDifferently) {
  expect_error(kPost + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  expect_error(kPost + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400);
  expect_error(kPost + "Content-Length: 4\r\nTransfer-Encoding: identity\r\n\r\nabcd", 400);
  expect_error(kPost + "Transfer-Encoding: identity\r\nContent-Length: 4\r\n\r\nabcd", 400);
  expect_error(kPost + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", 400);
  expect_error(kPost + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400);
  for (const auto* length : {"", "4, 4", "+4", "-4", "0x4", "4 4", "4a", "99999999999999999999999"}) {
    expect_error(kPost + "Content-Length: " + length + "\r\n\r\nabcd", 400);
  }
  expect_error(kPost + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400);
  expect_error(kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  expect_error(kPost + "Transfer-Encoding:\r\n\r\n", 400);
  expect_error(kPost +
                   "Transfer-Encoding: \x0b"
                   "chunked\r\n\r\n",
               400);
  expect_error(kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501);
  expect_error(kPost + "Transfer-Encoding: xchunked\r\n\r\n", 501);
  expect_error("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
}

TEST(HttpReader, RefusesBadChunks) {
  for (const auto* bad :
       {"\r\n\r\n", "x\r\n", "-5\r\nhello\r\n", "5 \r\nhello\r\n0\r\n\r\n", "5\r\nhello!\r\n0\r\n\r\n",
        "5\r\nhell\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "fffffffffffffffff\r\n",
        "0\r\nno colon\r\n\r\n", "0\r\nContent-Length: 3\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "5;a=\"b\r\n", "5;a=\"\\\"\r\n\"\r\nhello\r\n0\r\n\r\n", "0;a=\"b\r\n\r\n"}) {
    expect_error(kChunked + bad, 400);
  }
  expect_error(kChunked + "1;" + std::string(5000, 'x'), 400);
  expect_error(kChunked + "0\r\nA: " + std::string(5000, 'x'), 400);
}

TEST(HttpReader, BoundsTheHead) {
  const Limits limits{.header_bytes = 200, .body_bytes = 10};
  const std::string start = kPost + "X: ";
  const auto head_of = [&](std::size_t size) {
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(read(head_of(200), {}, limits).requests.size(), 1u);
  expect(head_of(201), {{}, 431, ""}, limits);
  expect(kPost + std::string(1000, 'x'), {{}, 431, ""}, limits);
  expect(std::string(1000, 'x'), {{}, 431, ""}, limits);
  expect("GET /" + std::string(1000, 'x') + " HTTP/1.1\r\n\r\n", {{}, 431, ""}, limits);
  std::string many = kGet;
  for (int i = 0; i < 300; ++i) many += "X" + std::to_string(i) + ":\r\n";
  expect_error(many + "\r\n", 431);
}

TEST(HttpReader, BoundsTheBody) {
  const Limits limits{.header_bytes = 200, .body_bytes = 10};
  expect(kPost + "Content-Length: 10\r\n\r\n0123456789", {{"POST / 0123456789"}, 0, ""}, limits);
  expect(kPost + "Content-Length: 11\r\n\r\n01234567890", {{}, 413, ""}, limits);
  expect(kChunked + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", {{"POST / 0123456789"}, 0, ""}, limits);
  expect(kChunked + "5\r\n01234\r\n6\r\n56789", {{}, 413, ""}, limits);
  expect(kChunked + "ffffffffffffffff\r\n", {{}, 413, ""}, limits);
  Reader reader(limits);
  reader.feed(kPost + "Content-Length: 11\r\n\r\n");
  EXPECT_EQ(reader.error_status(), 413);
  EXPECT_TRUE(reader.head_ready()) << "the answer needs the Origin";
}

TEST(HttpReader, StaysWithItsError) {
  Reader reader{Limits{}};
  EXPECT_EQ(reader.feed("BAD\r\n").outcome, Outcome::error);
  EXPECT_EQ(reader.feed(kGet + "\r\n").outcome, Outcome::error);
  EXPECT_EQ(reader.error_status(), 400);
}

TEST(HttpReader, CountsTheHeadAloneAgainstItsBound) {
  const Limits limits{.header_bytes = 100, .body_bytes = 100000};
  const std::string body(100000, 'b');
  expect(kPost + "Content-Length: 100000\r\n\r\n" + body, {{"POST / " + body}, 0, ""}, limits);
}

/// Feeds byte by byte and returns the time it took.
std::chrono::nanoseconds time_to_read(const std::string& script) {
  Reader reader{Limits{.header_bytes = 1 << 20, .body_bytes = 1 << 22}};
  const auto start = std::chrono::steady_clock::now();
  for (const char& c : script) reader.feed({&c, 1});
  EXPECT_FALSE(reader.idle());
  EXPECT_EQ(reader.take().method, "POST");
  return std::chrono::steady_clock::now() - start;
}

TEST(HttpReader, TakesTimeInProportion) {
  const auto head = [](std::size_t size) { return kPost + "X: " + std::string(size, 'x') + "\r\n\r\n"; };
  const auto body = [](std::size_t size) {
    return kPost + "Content-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
  };
  const auto chunks = [](std::size_t size) {
    std::string script = kChunked;
    for (std::size_t i = 0; i < size / 6; ++i) script += "1\r\nx\r\n";
    return script + "0\r\n\r\n";
  };
  // Sixteen times the bytes: quadratic reading would take 256 times as long.
  EXPECT_LT(time_to_read(head(800000)) / 128, time_to_read(head(50000)));
  EXPECT_LT(time_to_read(body(3200000)) / 128, time_to_read(body(200000)));
  EXPECT_LT(time_to_read(chunks(3200000)) / 128, time_to_read(chunks(200000)));
}

}  // namespace
}  // namespace belfry::http
