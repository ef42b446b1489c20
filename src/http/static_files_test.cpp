#include "http/static_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "http/query.h"

namespace belfry::http {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    std::string name = (fs::temp_directory_path() / "belfry-static-XXXXXX").string();
    if (mkdtemp(name.data())) base_ = name;
    fs::create_directories(base_ / "root/sub");
    fs::create_directories(base_ / "root-secret");
    write("secret.txt", "secret");
    write("root-secret/s.txt", "secret");
    write("root/a.txt", "hello");
    write("root/sub/index.html", "<p>");
    write("root/.hidden", "secret");
    write("root/big.bin", std::string(101, 'x'));
  }
  ~StaticFilesTest() override { fs::remove_all(base_); }

  void write(const std::string& name, const std::string& bytes) { std::ofstream(base_ / name) << bytes; }

  Response get(std::string_view path, std::string_view if_none_match = {}, const char* method = "GET") {
    Request request{.method = method, .target = "/" + std::string(path)};
    if (!if_none_match.empty()) request.headers.add("If-None-Match", if_none_match);
    return StaticFiles(base_ / "root", 100).serve(request, percent_decode(path));
  }

  fs::path base_;
};

TEST_F(StaticFilesTest, ServesFiles) {
  const Response response = get("a.txt");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.find("content-type"), "text/plain; charset=UTF-8");
  EXPECT_EQ(response.find("cache-control"), "public, max-age=0");
  EXPECT_EQ(get("a.txt", {}, "HEAD").body, "hello") << "the length is needed";
  EXPECT_EQ(get("a.txt", {}, "POST").status, 405);
}

TEST_F(StaticFilesTest, ServesTheIndexOfADirectory) {
  EXPECT_EQ(get("sub/").body, "<p>");
  const Response response = get("sub");
  EXPECT_EQ(response.status, 308);
  EXPECT_EQ(response.find("location"), "./sub/");
  EXPECT_EQ(get("").status, 404) << "no index";
}

TEST_F(StaticFilesTest, NeverLeavesTheRoot) {
  ASSERT_EQ(symlink("../secret.txt", (base_ / "root/link.txt").c_str()), 0);
  ASSERT_EQ(symlink("..", (base_ / "root/up").c_str()), 0);
  ASSERT_EQ(symlink("../root-secret", (base_ / "root/beside").c_str()), 0);
  ASSERT_EQ(symlink("a.txt", (base_ / "root/inside.txt").c_str()), 0);
  for (const auto* path : {"../secret.txt",
                           "%2e%2e/secret.txt",
                           "sub/../../secret.txt",
                           "sub%2f..%2f..%2fsecret.txt",
                           "..%5csecret.txt",
                           "/etc/passwd",
                           "%2Fetc/passwd",
                           "link.txt",
                           "up/secret.txt",
                           "beside/s.txt",
                           "../root-secret/s.txt",
                           ".",
                           "..",
                           ".hidden",
                           "sub/../.hidden",
                           "a.txt%00",
                           "%00",
                           "a.txt/",
                           "a.txt/.",
                           "nothing.txt",
                           "%252e%252e/secret.txt"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  EXPECT_EQ(get("inside.txt").body, "hello");
  EXPECT_EQ(get(std::string(5000, 'a')).status, 404);
}

TEST_F(StaticFilesTest, ServesRegularFilesWithinTheBoundOnly) {
  EXPECT_EQ(get("big.bin").status, 404);
  ASSERT_EQ(mkfifo((base_ / "root/pipe").c_str(), 0600), 0);
  EXPECT_EQ(get("pipe").status, 404);
  EXPECT_EQ(StaticFiles(base_ / "none").serve({.method = "GET", .target = "/a"}, "a").status, 404);
}

TEST_F(StaticFilesTest, AnswersNotModified) {
  const std::string etag(get("a.txt").find("etag"));
  ASSERT_FALSE(etag.empty());
  for (const std::string& known : {etag, etag.substr(2), "\"x\", " + etag, std::string("*")}) {
    const Response response = get("a.txt", known);
    EXPECT_EQ(response.status, 304) << known;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.find("etag"), etag);
  }
  EXPECT_EQ(get("a.txt", "\"x\"").status, 200);
  write("root/a.txt", "changed");
  EXPECT_EQ(get("a.txt", etag).body, "changed");
}

TEST(ContentType, IsOfTheExtension) {
  EXPECT_EQ(content_type_of("a.b.HTML"), "text/html; charset=UTF-8");
  EXPECT_EQ(content_type_of("html"), "application/octet-stream");
  EXPECT_EQ(content_type_of("a."), "application/octet-stream");
}

}  // namespace
}  // namespace belfry::http
