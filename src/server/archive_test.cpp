#include "server/archive.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

#include <thread>

#include "core/ids.h"
#include "services/conversations/conversations.h"
#include "store/testing.h"

namespace belfry::server {
namespace {

using store::Transaction;
using store::testing::read;
using store::testing::TempFolder;
using store::testing::TempStore;
using store::testing::write;

void say(TempStore& store, int count) {
  for (int i = 0; i < count; ++i) {
    const auto said = write(*store, [i](Transaction& tx) {
      return conversations::append(tx, "c", {.sender_id = "anna", .text = std::to_string(i)}, 1);
    });
    ASSERT_TRUE(said);
  }
}
std::vector<std::string> left_in(TempStore& store) {
  return read(*store,
              [](Transaction& tx) {
                return tx.query_all("SELECT text FROM messages ORDER BY seq", {},
                                    [](const store::Row& row) { return row.text(0); });
              })
      .value();
}
/// The texts of the messages in a file, in order.
std::vector<std::string> texts_in(const std::string& name) {
  std::vector<std::string> texts;
  gzFile file = ::gzopen(name.c_str(), "rb");
  if (file == nullptr) return texts;
  char line[4'096];
  while (::gzgets(file, line, sizeof line) != nullptr) texts.push_back(Value::parse(line).at("text"));
  ::gzclose(file);
  return texts;
}

TEST(Archive, MovesWhatIsOlderInBatches) {
  TempStore store;
  const TempFolder folder;
  say(store, 1'100);
  auto file = ArchiveFile::make(folder.file("deep/old.jsonl.gz")).value();
  EXPECT_EQ(archive_messages(*store, wall_now_ms() - 60'000, file), 0u);
  EXPECT_EQ(archive_messages(*store, wall_now_ms() + 60'000, file), 1'100u);
  EXPECT_TRUE(left_in(store).empty());
  const auto texts = texts_in(folder.file("deep/old.jsonl.gz"));
  ASSERT_EQ(texts.size(), 1'100u);
  for (int i = 0; i < 1'100; ++i) EXPECT_EQ(texts[static_cast<std::size_t>(i)], std::to_string(i));
  struct stat found{};
  ASSERT_EQ(::stat(folder.file("deep/old.jsonl.gz").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST(Archive, NeverWritesOverAFile) {
  const TempFolder folder;
  EXPECT_TRUE(ArchiveFile::make(folder.file("a.gz")));
  EXPECT_FALSE(ArchiveFile::make(folder.file("a.gz")));
}

TEST(Archive, WhatCannotBeWrittenStaysInTheStoreAndLeavesNothingBroken) {
  TempStore store;
  const TempFolder folder;
  say(store, 1);
  auto file = ArchiveFile::make(folder.file("a.gz")).value();
  ASSERT_EQ(archive_messages(*store, wall_now_ms() + 60'000, file), 1u);
  const auto size = std::filesystem::file_size(folder.file("a.gz"));
  say(store, 300);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full{.rlim_cur = size + 100, .rlim_max = before.rlim_max};
  ASSERT_NE(::signal(SIGXFSZ, SIG_IGN), SIG_ERR);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const auto random = [] {
    std::string text;
    for (int i = 0; i < 1'000; ++i) text += make_sid();
    return text;
  };
  const auto failed = file.add({{"id", random()}});
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_FALSE(failed);
  EXPECT_EQ(std::filesystem::file_size(folder.file("a.gz")), size);
  ASSERT_EQ(archive_messages(*store, wall_now_ms() + 60'000, file), 300u);
  EXPECT_EQ(texts_in(folder.file("a.gz")).size(), 301u);
}

TEST(Retention, MovesWhatIsOldAndKeepsTheRest) {
  TempStore store;
  const TempFolder folder;
  say(store, 3);
  const WallMs three_days_ago = wall_now_ms() - milliseconds(std::chrono::days(3)).count();
  const auto age = [&](Transaction& tx) {
    return tx.run("UPDATE messages SET id = $1 WHERE seq = 2", {first_uuid7_of(three_days_ago)});
  };
  ASSERT_TRUE(write(*store, age));

  Config config;
  config.server.data_dir = folder.file("data");
  config.store.retention_days = 2;
  Log log;
  Server server;
  runtime::WorkerPool pool(1, 4);
  Retention retention(server, pool, *store, config, log);
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  retention.start();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (left_in(store).size() == 3 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  EXPECT_EQ(left_in(store), (std::vector<std::string>{"0", "2"}));
  store->stop();
  server.stop(milliseconds(1'000));
  pool.stop();
  std::vector<std::string> moved;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("data/archive"))) {
    moved = texts_in(entry.path());
  }
  EXPECT_EQ(moved, std::vector<std::string>{"1"});
}

}  // namespace
}  // namespace belfry::server
