// The transaction that a unit of work sees, on a connection that has one open.
#pragma once

#include <optional>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/transaction.h"

namespace belfry::store {

/// Lives for one unit of work. The first statement that fails dooms it.
class SqliteTransaction final : public Transaction {
 public:
  SqliteTransaction(Connection& connection, Access access) : connection_(connection), access_(access) {}

  using Transaction::query;
  using Transaction::run;
  Result<std::int64_t> run(std::string_view sql, std::span<const Param> params) override;
  Result<void> query(std::string_view sql, std::span<const Param> params, const OnRow& on_row) override;
  void tell(SharedEvent event) override;

  /// What doomed it, or nothing.
  const std::optional<Error>& failure() const { return failure_; }
  std::vector<SharedEvent>& events() { return events_; }

 private:
  Connection& connection_;
  const Access access_;
  std::optional<Error> failure_;
  std::vector<SharedEvent> events_;
};

}  // namespace belfry::store
