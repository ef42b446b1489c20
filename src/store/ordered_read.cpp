#include "store/ordered_read.h"

#include <utility>

#include "store/transaction.h"

namespace belfry::store {

namespace {

/// A transaction that keeps what it is told.
class ToldTransaction final : public Transaction {
 public:
  explicit ToldTransaction(Transaction& inner) : inner_(inner) {}

  using Transaction::query;
  using Transaction::run;
  Result<std::int64_t> run(std::string_view sql, std::span<const Param> params) override {
    return inner_.run(sql, params);
  }
  Result<void> query(std::string_view sql, std::span<const Param> params, const OnRow& on_row) override {
    return inner_.query(sql, params, on_row);
  }
  Result<void> lock(std::string_view key) override { return inner_.lock(key); }
  void tell(SharedEvent event) override { events_.push_back(std::move(event)); }

  std::vector<SharedEvent> take() { return std::exchange(events_, {}); }

 private:
  Transaction& inner_;
  std::vector<SharedEvent> events_;
};

class OrderedRead final : public Unit {
 public:
  OrderedRead(std::unique_ptr<Unit> unit, PlacesOfReads& places) : unit_(std::move(unit)), places_(places) {}

  // The first statement makes the snapshot: it sees the head as it was when it saw all else.
  Result<void> run(Transaction& transaction) override {
    place_ = places_.open_place();
    const auto head = transaction.query_one("SELECT number FROM outbox_head", {},
                                            [](const Row& row) { return row.integer(0); });
    if (!head) return std::unexpected(head.error());
    if (!*head) return belfry::fail(ErrorKind::internal, "The outbox has no head");
    places_.fix_place(*place_, **head);
    ToldTransaction told(transaction);
    auto done = unit_->run(told);
    if (done) events_ = told.take();
    return done;
  }
  void fail(Error error) override {
    events_.clear();
    unit_->fail(std::move(error));
  }
  void finish() override {
    if (!place_) return unit_->finish();
    places_.fill_place(*place_, std::move(events_), std::move(unit_));
  }

 private:
  std::unique_ptr<Unit> unit_;
  PlacesOfReads& places_;
  std::optional<std::size_t> place_;
  std::vector<SharedEvent> events_;
};

}  // namespace

std::unique_ptr<Unit> ordered_read(std::unique_ptr<Unit> unit, PlacesOfReads& places) {
  return std::make_unique<OrderedRead>(std::move(unit), places);
}

}  // namespace belfry::store
