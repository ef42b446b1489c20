#include "http/client_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/ids.h"

namespace belfry::http {
namespace {

namespace fs = std::filesystem;

class ClientFilesTest : public ::testing::Test {
 protected:
  ClientFilesTest() : folder_(fs::temp_directory_path() / ("client-files-" + make_uuid7())) {
    fs::create_directories(folder_);
  }
  ~ClientFilesTest() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  static Request get(const std::string& accept_encoding, const std::string& if_none_match = "") {
    Request request{.method = "GET", .target = "/socket.io/socket.io.js"};
    if (!accept_encoding.empty()) request.headers.add("Accept-Encoding", accept_encoding);
    if (!if_none_match.empty()) request.headers.add("If-None-Match", if_none_match);
    return request;
  }

  const fs::path folder_;
};

constexpr const char* kBundle = "/*!\n * Socket.IO v4.8.3\n */\nvar io;";

}  // namespace

TEST_F(ClientFilesTest, AFolderWithoutABundleIsRefused) {
  write("other.js", "x");
  EXPECT_FALSE(ClientFiles::load(folder_));
  EXPECT_FALSE(ClientFiles::load(folder_ / "nowhere"));
}

TEST_F(ClientFilesTest, OnlyTheBundlesThatThereAreAreServed) {
  write("socket.io.js", kBundle);
  write("socket.io.min.js.map", "{}");
  write("other.js", "x");
  const auto files = ClientFiles::load(folder_);
  ASSERT_TRUE(files);
  EXPECT_EQ(files->names(), (std::vector<std::string>{"socket.io.js", "socket.io.min.js.map"}));
  const Response script = files->serve(get(""), "socket.io.js");
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.body, kBundle);
  EXPECT_EQ(script.find("content-type"), "application/javascript; charset=utf-8");
  EXPECT_EQ(script.find("cache-control"), "public, max-age=0");
  EXPECT_EQ(script.find("vary"), "Accept-Encoding");
  EXPECT_EQ(script.find("etag"), "\"4.8.3\"");
  EXPECT_EQ(files->serve(get(""), "socket.io.min.js.map").find("content-type"),
            "application/json; charset=utf-8");
  EXPECT_EQ(files->serve(get(""), "socket.io.min.js").status, 404);
  EXPECT_EQ(files->serve(get(""), "other.js").status, 404);
}

TEST_F(ClientFilesTest, TheBrowserGetsTheFormThatItLikesBest) {
  write("socket.io.js", kBundle);
  write("socket.io.js.br", "as brotli");
  write("socket.io.js.gz", "as gzip");
  const auto files = ClientFiles::load(folder_);
  ASSERT_TRUE(files);
  const auto encoding = [&](const char* accepted) {
    return std::string(files->serve(get(accepted), "socket.io.js").find("content-encoding"));
  };
  EXPECT_EQ(encoding("gzip, deflate, br"), "br");
  EXPECT_EQ(encoding("gzip, deflate"), "gzip");
  EXPECT_EQ(encoding("br;q=0.5, gzip"), "gzip");
  EXPECT_EQ(encoding("br;q=0, gzip;q=0"), "");
  EXPECT_EQ(encoding("identity"), "");
  EXPECT_EQ(encoding(""), "");
  EXPECT_EQ(encoding("*"), "br");
  EXPECT_EQ(files->serve(get("br"), "socket.io.js").body, "as brotli");
  EXPECT_EQ(files->serve(get("gzip"), "socket.io.js").body, "as gzip");
}

TEST_F(ClientFilesTest, WhoHasTheVersionIsToldSo) {
  write("socket.io.js", kBundle);
  const auto files = ClientFiles::load(folder_);
  ASSERT_TRUE(files);
  for (const char* known : {"\"4.8.3\"", "W/\"4.8.3\"", "\"4.8.2\", \"4.8.3\"", "*"}) {
    const Response response = files->serve(get("", known), "socket.io.js");
    EXPECT_EQ(response.status, 304) << known;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.find("etag"), "\"4.8.3\"");
  }
  EXPECT_EQ(files->serve(get("", "\"4.8.2\""), "socket.io.js").status, 200);
  EXPECT_EQ(files->serve(get("", "4.8.3"), "socket.io.js").status, 200);
}

TEST_F(ClientFilesTest, ABundleWithoutAVersionIsKnownByItsBytes) {
  write("socket.io.js", "one");
  const std::string one(ClientFiles::load(folder_)->serve(get(""), "socket.io.js").find("etag"));
  write("socket.io.js", "two");
  EXPECT_NE(ClientFiles::load(folder_)->serve(get(""), "socket.io.js").find("etag"), one);
  EXPECT_GT(one.size(), 2u);
}

}  // namespace belfry::http
