#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "belfry/log.h"
#include "store/sqlite/sqlite_store.h"
#include "store/testing.h"

namespace belfry::store {
namespace {

// Adds a numbered message to one conversation.
Result<std::int64_t> add_message(Transaction& tx) {
  const auto seq = tx.query_one(
      "INSERT INTO conversations (id, last_seq) VALUES ('c', 1) "
      "ON CONFLICT (id) DO UPDATE SET last_seq = conversations.last_seq + 1 RETURNING last_seq",
      {}, [](const Row& row) { return row.integer(0); });
  if (!seq) return std::unexpected(seq.error());
  const auto stored = tx.run(
      "INSERT INTO messages (id, conversation_id, seq, sender_id, text, attachments, created_at) "
      "VALUES ($1, 'c', $2, 's', 'text', '[]', 0)",
      {std::to_string(**seq), **seq});
  if (!stored) return std::unexpected(stored.error());
  return **seq;
}

// The child: writes as fast as it goes, 50 at a time, and tells each acknowledged number through the pipe,
// until it is killed.
[[noreturn]] void write_until_killed(const std::string& path, int out) {
  Log log;
  auto store = open_sqlite_store(path, {}, [](const SharedEvent&) {}, log);
  if (!store) ::_exit(2);
  for (;;) {
    std::vector<std::future<void>> pending;
    for (int i = 0; i < 50; ++i) {
      auto told = std::make_shared<std::promise<void>>();
      pending.push_back(told->get_future());
      (*store)->write(post_inline(), "c", add_message, [out, told](Result<std::int64_t> seq) {
        if (!seq || ::write(out, &*seq, sizeof *seq) != sizeof *seq) ::_exit(3);
        told->set_value();
      });
    }
    for (auto& told : pending) told.wait();
  }
}

// Lets a child write until it has acknowledged `enough` and a random moment has passed; returns the last
// number it told.
std::int64_t run_and_kill(const std::string& path, int enough, int extra_us) {
  int ends[2];
  if (::pipe(ends) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    write_until_killed(path, ends[1]);
  }
  ::close(ends[1]);
  std::int64_t last = 0;
  std::int64_t seq = 0;
  for (int i = 0; i < enough && ::read(ends[0], &seq, sizeof seq) == sizeof seq; ++i) last = seq;
  ::usleep(static_cast<useconds_t>(extra_us));  // the moment of the kill is to be random
  ::kill(child, SIGKILL);
  while (::read(ends[0], &seq, sizeof seq) == sizeof seq) last = seq;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << status;
  return last;
}

TEST(Crash, WhatWasAcknowledgedIsThereOnceAndWithoutGaps) {
  testing::TempFolder folder;
  const std::string path = folder.file("crash.db");
  std::mt19937 random(std::random_device{}());
  std::int64_t before = 0;
  for (int round = 0; round < 20; ++round) {
    const std::int64_t told =
        run_and_kill(path, static_cast<int>(random() % 300) + 1, static_cast<int>(random() % 3'000));
    ASSERT_GT(told, before);

    Log log;
    auto store = open_sqlite_store(path, {}, [](const SharedEvent&) {}, log);
    ASSERT_TRUE(store) << store.error().message;
    const auto seqs = testing::read(**store, [](Transaction& tx) {
      return tx.query_all("SELECT seq FROM messages ORDER BY seq", {},
                          [](const Row& row) { return row.integer(0); });
    });
    ASSERT_TRUE(seqs);
    ASSERT_GE(seqs->size(), std::size_t(told));
    for (std::size_t i = 0; i < seqs->size(); ++i) ASSERT_EQ((*seqs)[i], std::int64_t(i + 1));
    before = std::int64_t(seqs->size());
  }
}

}  // namespace
}  // namespace belfry::store
