#include "services/jobs/jobs.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace belfry::jobs {
namespace {

using store::Transaction;
using store::testing::read;
using store::testing::TempStore;
using store::testing::write;

Job job_of(TempStore& store, std::string app) {
  return write(*store, [app](Transaction& tx) { return create(tx, app, {{"x", 1}}, 10, 5); }).value();
}

TEST(Jobs, AreKeptAndTold) {
  TempStore store;
  const Job job = job_of(store, "a");
  const auto found = read(*store, [&](Transaction& tx) { return find(tx, "a", job.id); }).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(Value::parse(found->input), (Value{{"x", 1}}));
  EXPECT_EQ(to_json(*found), (Value{{"id", job.id},
                                    {"state", "running"},
                                    {"done", 0},
                                    {"total", 10},
                                    {"createdAt", "1970-01-01T00:00:00.005Z"}}));
  EXPECT_FALSE(read(*store, [&](Transaction& tx) { return find(tx, "b", job.id); }).value());
  const auto told = store.events();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(std::dynamic_pointer_cast<const JobCreated>(told[0])->job.id, job.id);
}

TEST(Jobs, GoOnWhereTheyWereUntilTheyAreFinished) {
  TempStore store;
  Job job = job_of(store, "a");
  const Job other = job_of(store, "a");
  job.cursor = "m";
  job.done = 7;
  ASSERT_TRUE(write(*store, [job](Transaction& tx) { return advance(tx, job); }));
  store.reopen();
  auto open = read(*store, [](Transaction& tx) { return unfinished(tx, "a"); }).value();
  ASSERT_EQ(open.size(), 2u);
  EXPECT_EQ(open[0].cursor, "m");
  EXPECT_EQ(open[0].done, 7);
  job.finished = true;
  ASSERT_TRUE(write(*store, [job](Transaction& tx) { return advance(tx, job); }));
  open = read(*store, [](Transaction& tx) { return unfinished(tx, "a"); }).value();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].id, other.id);
}

}  // namespace
}  // namespace belfry::jobs
