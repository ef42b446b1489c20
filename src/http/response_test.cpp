#include "http/response.h"

#include <gtest/gtest.h>

namespace belfry::http {
namespace {

TEST(Response, IsWritten) {
  EXPECT_EQ(serialize(text(200, "hello"), true, 11, false),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(serialize(json(404, "{}"), true, 11, false),
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(serialize({.status = 299}, true, 11, false), "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n");
}

TEST(Response, HeadHasTheLengthAlone) {
  EXPECT_EQ(serialize({.body = "hello"}, true, 11, true), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
}

TEST(Response, SomeStatusesHaveNoBody) {
  for (const int status : {101, 204, 304}) {
    const std::string bytes = serialize({.status = status, .body = "body"}, true, 11, false);
    EXPECT_EQ(bytes.find("Content-Length"), std::string::npos);
    EXPECT_TRUE(bytes.ends_with("\r\n\r\n"));
  }
}

TEST(Response, SaysWhatBecomesOfTheConnection) {
  auto connection = [](bool keep_alive, unsigned version, const Response& response = {}) {
    const std::string bytes = serialize(response, keep_alive, version, false);
    const auto at = bytes.find("Connection: ");
    return at == std::string::npos ? "" : bytes.substr(at + 12, bytes.find('\r', at) - at - 12);
  };
  EXPECT_EQ(connection(true, 11), "");
  EXPECT_EQ(connection(false, 11), "close");
  EXPECT_EQ(connection(true, 10), "keep-alive");
  EXPECT_EQ(connection(false, 10), "");
  EXPECT_EQ(connection(false, 11, {.status = 101, .headers = {{"Connection", "Upgrade"}}}), "Upgrade");
}

TEST(Response, LeavesOutWhatIsNotOneField) {
  Response response;
  response.add("Location", "/x\r\nSet-Cookie: evil=1");
  response.add("A\r\nB", "x");
  response.add("", "x");
  response.add("Space d", "x");
  response.add("X", std::string("nul\0", 4));
  response.add("Y", "line\nfeed");
  response.add("Content-Length", "99");
  response.add("transfer-encoding", "chunked");
  response.add("Fine", "tab\tand é");
  EXPECT_EQ(serialize(response, true, 11, false),
            "HTTP/1.1 200 OK\r\nFine: tab\tand é\r\nContent-Length: 0\r\n\r\n");
}

TEST(Response, SetReplacesAndAddDoesNot) {
  Response response;
  response.set("X-A", "1");
  response.set("x-a", "2");
  EXPECT_EQ(response.headers, (std::vector<Header>{{"X-A", "2"}}));
  response.add("X-A", "3");
  EXPECT_EQ(response.headers.size(), 2u);
  EXPECT_EQ(response.find("X-a"), "2");
}

TEST(Response, CollectsVary) {
  Response response;
  response.vary_by("Origin");
  response.vary_by("origin");
  response.vary_by("Accept-Encoding");
  EXPECT_EQ(response.find("vary"), "Origin, Accept-Encoding");
  response.set("Vary", "*");
  response.vary_by("Origin");
  EXPECT_EQ(response.find("vary"), "*");
}

}  // namespace
}  // namespace belfry::http
