// What the workers of a store need of a connection to its database, whichever kind that is.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "belfry/result.h"
#include "store/transaction.h"

namespace belfry::store {

/// What a transaction is for.
enum class Purpose {
  write,    ///< many units, beside those of other nodes
  read,     ///< one snapshot, nothing can be changed
  migrate,  ///< nobody else migrates meanwhile; may take long
};

/// One connection, owned by one worker and used on its thread. Fails as `Transaction` does. A connection that
/// is lost loses its transaction; the next `begin` makes a new one.
class Database {
 public:
  virtual ~Database() = default;

  /// Runs a statement to its end. `on_row` may be empty; it may run other statements.
  virtual Result<void> run(std::string_view sql, std::span<const Param> params,
                           const Transaction::OnRow& on_row) = 0;
  Result<void> run(std::string_view sql, std::span<const Param> params = {}) {
    return run(sql, params, nullptr);
  }
  /// Runs a statement whose answer nobody needs, at the latest before the next one, which fails where this
  /// one does: it costs no round trip of its own.
  virtual Result<void> run_later(std::string_view sql) = 0;
  /// Runs several statements, separated by semicolons.
  virtual Result<void> run_script(std::string_view sql) = 0;
  /// How many rows the last statement changed.
  virtual std::int64_t changes() const = 0;

  virtual Result<void> begin(Purpose purpose) = 0;
  /// After a failure nothing is known to be kept, and nothing may be acknowledged.
  virtual Result<void> commit() = 0;
  /// Ends the transaction that is open, if one is, without its changes. Cannot fail but with the connection
  /// itself, which then fails the next statement.
  virtual void roll_back() = 0;
  /// Whether a transaction is open. A database ends it by itself after some failures.
  virtual bool in_transaction() const = 0;

  /// Holds whoever locks the same key back until the end of the transaction; nothing where there is only one
  /// writer anyway.
  virtual Result<void> lock(std::string_view key) = 0;
  /// Whether the statement that failed last had to give way to another node, so that it may succeed when its
  /// savepoint is rolled back and all is done again.
  virtual bool gave_way() const = 0;

  /// Asks for every column of every table: table, column, whether it holds integers, and its place in the
  /// primary key, from 1, or 0.
  virtual std::string_view columns_sql() const = 0;
  /// Asks for each table and one that it refers to.
  virtual std::string_view references_sql() const = 0;
};

}  // namespace belfry::store
