// A thin owner of libsqlite3's handles.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "belfry/result.h"
#include "store/database.h"
#include "store/transaction.h"

namespace belfry {
class Log;
}

namespace belfry::store {

/// A prepared statement of one connection, used by the thread that uses the connection.
class Statement {
 public:
  Statement(Statement&&) = default;
  Statement& operator=(Statement&&) = default;

  /// Gives every `$n` the n-th of `params`. SQLite's own code on failure; text is not copied.
  int bind(std::span<const Param> params);
  /// The next row (SQLITE_ROW), the end (SQLITE_DONE) or what failed.
  int step() { return sqlite3_step(handle_.get()); }
  void reset();
  sqlite3_stmt* get() const { return handle_.get(); }

 private:
  friend class SqliteConnection;
  explicit Statement(sqlite3_stmt* handle);

  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  std::vector<std::size_t> numbers_;  // by place of the parameter: the number in its `$n`
};

enum class Access { read_write, read_only };

/// One connection to a database file in WAL mode with full synchronisation. Used by one thread at a time;
/// bounded in memory by SQLite's page cache and kMaxStatements prepared statements. Failures that are the
/// database's or a defect are logged here, with SQLite's own words.
class SqliteConnection final : public Database {
 public:
  static constexpr std::size_t kMaxStatements = 256;

  /// Opens `path`, and creates it, readable by its owner alone, where the access allows.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Access access,
                                                        std::chrono::milliseconds busy_timeout, Log& log);

  using Database::run;
  Result<void> run(std::string_view sql, std::span<const Param> params,
                   const Transaction::OnRow& on_row) override;
  Result<void> run_later(std::string_view sql) override { return run(sql); }
  Result<void> run_script(std::string_view sql) override;
  std::int64_t changes() const override { return sqlite3_changes64(handle_.get()); }
  Result<void> begin(Purpose purpose) override;
  Result<void> commit() override { return run("COMMIT"); }
  void roll_back() override;
  /// SQLite ends it by itself where the disk is full, for example.
  bool in_transaction() const override { return sqlite3_get_autocommit(handle_.get()) == 0; }
  Result<void> lock(std::string_view) override { return {}; }
  bool gave_way() const override { return false; }
  std::string_view columns_sql() const override;
  std::string_view references_sql() const override;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  SqliteConnection(sqlite3* handle, Log& log) : handle_(handle), log_(&log) {}
  Result<void> set_up(Access access, std::chrono::milliseconds busy_timeout);
  Result<Statement> take_statement(std::string_view sql);
  void keep_statement(std::string_view sql, Statement statement);
  // The error for SQLite's code; `what` (SQL, never a parameter) is for the log.
  std::unexpected<Error> failed(int code, std::string_view what) const;

  std::unique_ptr<sqlite3, Close> handle_;
  Log* log_;
  std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;  // those not running
};

}  // namespace belfry::store
