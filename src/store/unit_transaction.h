// The transaction that a unit of work sees, on a connection that has one open.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "store/transaction.h"

namespace belfry::store {

/// Lives for one run of one unit of work. The first statement that fails dooms it.
class UnitTransaction final : public Transaction {
 public:
  UnitTransaction(Database& database, Purpose purpose) : database_(database), purpose_(purpose) {}

  using Transaction::query;
  using Transaction::run;
  Result<std::int64_t> run(std::string_view sql, std::span<const Param> params) override;
  Result<void> query(std::string_view sql, std::span<const Param> params, const OnRow& on_row) override;
  Result<void> lock(std::string_view key) override;
  void tell(SharedEvent event) override;

  /// What doomed it, or nothing.
  const std::optional<Error>& failure() const { return failure_; }
  std::vector<SharedEvent>& events() { return events_; }

 private:
  Result<void> note(Result<void> done);

  Database& database_;
  const Purpose purpose_;
  std::optional<Error> failure_;
  std::vector<SharedEvent> events_;
};

}  // namespace belfry::store
