// What the tests of the stores themselves share: users as rows, numbers as events, and a writer that waits.
#pragma once

#include <future>
#include <string>
#include <string_view>
#include <vector>

#include "store/testing.h"

namespace belfry::store::testing {

struct Told : Event {
  explicit Told(int n) : number(n) {}
  int number;
};

inline Result<void> add_user(Transaction& tx, std::string_view id) {
  auto done = tx.run("INSERT INTO users (id, role, created_at) VALUES ($1, $2, $3)", {id, "user", 1});
  if (!done) return std::unexpected(done.error());
  return {};
}

inline Result<std::vector<std::string>> user_ids(Store& store) {
  return read(store, [](Transaction& tx) {
    return tx.query_all("SELECT id FROM users ORDER BY id", {}, [](const Row& row) { return row.text(0); });
  });
}

// Holds the writer inside a unit, so that what is written meanwhile makes one batch.
class Held {
 public:
  explicit Held(Store& store) {
    result_ = start_write(store, [this](Transaction&) -> Result<void> {
      entered_.set_value();
      go_.get_future().wait();
      return {};
    });
    entered_.get_future().wait();
  }
  void release() {
    go_.set_value();
    (void)wait_for(result_);
  }

 private:
  std::promise<void> entered_, go_;
  std::future<Result<void>> result_;
};

}  // namespace belfry::store::testing
