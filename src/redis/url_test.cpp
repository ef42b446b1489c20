#include <gtest/gtest.h>

#include "belfry/redis.h"

namespace belfry {

namespace {

RedisOptions read(std::string_view url) {
  const auto options = parse_redis_url(url);
  EXPECT_TRUE(options) << url << ": " << (options ? "" : options.error().text());
  return options.value_or(RedisOptions{});
}

/// Which part is wrong.
std::string wrong(std::string_view url) {
  const auto options = parse_redis_url(url);
  if (options) return "none";
  EXPECT_EQ(options.error().kind, ErrorKind::invalid);
  EXPECT_EQ(options.error().text().find("s3cret"), std::string::npos);
  return options.error().field;
}

using Addresses = std::vector<RedisAddress>;

}  // namespace

TEST(RedisUrl, NamesAServer) {
  const auto plain = read("redis://cache.example.org");
  EXPECT_EQ(plain.kind, RedisKind::server);
  EXPECT_EQ(plain.addresses, (Addresses{{"cache.example.org", 6379}}));
  EXPECT_EQ(plain.database, 0);
  EXPECT_FALSE(plain.tls);

  const auto full = read("rediss://app:p%40ss%2fw%6Frd@[::1]:7000/3");
  EXPECT_EQ(full.addresses, (Addresses{{"::1", 7000}}));
  EXPECT_EQ(full.addresses[0].text(), "[::1]:7000");
  EXPECT_EQ(full.user, "app");
  EXPECT_EQ(full.password, "p@ss/word");
  EXPECT_EQ(full.database, 3);
  EXPECT_TRUE(full.tls);

  EXPECT_EQ(read("redis://:a@b@host").password, "a@b");
  EXPECT_EQ(read("redis://[::1]").addresses, (Addresses{{"::1", 6379}}));
  EXPECT_EQ(read("redis://host/").database, 0);
}

TEST(RedisUrl, NamesAUnixSocket) {
  const auto options = read("unix://:word@/run/redis%20one.sock?db=2");
  EXPECT_EQ(options.addresses[0].host, "/run/redis one.sock");
  EXPECT_EQ(options.addresses[0].text(), "/run/redis one.sock");
  EXPECT_EQ(options.password, "word");
  EXPECT_EQ(options.database, 2);
}

TEST(RedisUrl, NamesSentinelsAndClusters) {
  const auto sentinel = read("redis+sentinel://app:word@one:1,two,three:3/my-master/5");
  EXPECT_EQ(sentinel.kind, RedisKind::sentinel);
  EXPECT_EQ(sentinel.addresses, (Addresses{{"one", 1}, {"two", 26379}, {"three", 3}}));
  EXPECT_EQ(sentinel.master_name, "my-master");
  EXPECT_EQ(sentinel.database, 5);
  EXPECT_EQ(sentinel.password, "word");

  const auto cluster = read("rediss+cluster://a,b:7001");
  EXPECT_EQ(cluster.kind, RedisKind::cluster);
  EXPECT_EQ(cluster.addresses, (Addresses{{"a", 6379}, {"b", 7001}}));
  EXPECT_TRUE(cluster.tls);
}

TEST(RedisUrl, SaysWhichPartIsWrong) {
  EXPECT_EQ(wrong("localhost:6379"), "scheme");
  EXPECT_EQ(wrong("http://:s3cret@host"), "scheme");
  EXPECT_EQ(wrong("redis+other://host"), "scheme");
  EXPECT_EQ(wrong("redis://"), "host");
  EXPECT_EQ(wrong("redis://:s3cret@:6379"), "host");
  EXPECT_EQ(wrong("redis://[::1"), "host");
  EXPECT_EQ(wrong("redis://[::1]x"), "host");
  EXPECT_EQ(wrong("redis://host:0"), "port");
  EXPECT_EQ(wrong("redis://user:s3cret"), "port");
  EXPECT_EQ(wrong("redis://user:s3cret/more@host"), "port");
  EXPECT_EQ(wrong("redis://host:65536"), "port");
  EXPECT_EQ(wrong("redis://us%er:s3cret@host"), "user");
  EXPECT_EQ(wrong("redis://user:s3cret%2@host"), "password");
  EXPECT_EQ(wrong("redis://user@host"), "password");
  EXPECT_EQ(wrong("redis://host/s3cret"), "database");
  EXPECT_EQ(wrong("redis://host/-1"), "database");
  EXPECT_EQ(wrong("redis+cluster://host/1"), "database");
  EXPECT_EQ(wrong("redis+sentinel://host"), "master");
  EXPECT_EQ(wrong("redis+cluster://a,,b"), "host");
  EXPECT_EQ(wrong("redis://host?password=s3cret"), "query");
  EXPECT_EQ(wrong("unix://host/path"), "host");
  EXPECT_EQ(wrong("unix:///path?s3cret"), "query");
}

}  // namespace belfry
