// A connection to PostgreSQL that comes back by itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "belfry/result.h"
#include "store/database.h"
#include "store/postgres/options.h"
#include "store/postgres/socket.h"
#include "store/postgres/url.h"

namespace belfry {
class Log;
}

namespace belfry::store {

/// Used by one thread at a time, which waits for each answer; no longer than `PostgresOptions` says. Bounded
/// in memory by kMaxStatements prepared statements and the rows of one answer. Failures that are the
/// database's or a defect are logged here, never with what was stored.
///
/// A connection that is lost is closed; the next `begin` connects anew. While that fails, `begin` fails at
/// once for as long as the try took, and kRetryPause at least.
class PostgresConnection final : public Database {
 public:
  static constexpr std::size_t kMaxStatements = 256;
  static constexpr std::chrono::milliseconds kRetryPause{250};

  /// Not connected yet. `log` outlives it. `listens_to`: a channel whose notifications it gets; empty: none.
  PostgresConnection(PostgresTarget target, const PostgresOptions& options, Log& log,
                     std::string listens_to = {})
      : target_(std::move(target)), options_(options), log_(log), listens_to_(std::move(listens_to)) {}

  /// Fails with `unavailable` and the reason. `begin` does it by itself.
  Result<void> connect();

  using Database::run;
  Result<void> run(std::string_view sql, std::span<const Param> params,
                   const Transaction::OnRow& on_row) override;
  Result<void> run_later(std::string_view sql) override;
  Result<void> run_script(std::string_view sql) override;
  std::int64_t changes() const override { return changes_; }
  Result<void> begin(Purpose purpose) override;
  Result<void> commit() override;
  void roll_back() override;
  bool in_transaction() const override;
  Result<void> lock(std::string_view key) override;
  bool gave_way() const override { return gave_way_; }

  /// What notifications say that have come. Fails where the connection is lost. None where there is none.
  Result<std::vector<std::string>> notifications();
  /// Where they come; -1: there is no connection.
  int socket() const { return handle_ == nullptr ? -1 : PQsocket(handle_.get()); }
  std::string_view columns_sql() const override;
  std::string_view references_sql() const override;

 private:
  // A statement that is sent together with the next one.
  struct Later {
    std::string sql;
    std::optional<std::string> param = std::nullopt;
  };
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Answer = Result<PostgresResult>;

  Result<void> connect_again();
  Result<void> set_up();
  Result<void> start(Purpose purpose);
  Result<void> start_migration();
  Result<std::string> quoted(const std::string& name);
  // Runs a statement with those that were put off, in one round trip; fails as the first of them that fails.
  Answer execute(std::string_view sql, std::span<const char* const> values, std::span<const int> lengths);
  bool send(std::string_view sql, std::span<const char* const> values, std::span<const int> lengths);
  bool send_statement(std::string_view sql, std::span<const char* const> values,
                      std::span<const int> lengths);
  Answer collect(std::string_view sql);
  // The next result, null at the end of a statement. Fails where the connection is lost.
  Answer next_result(SteadyTime deadline);
  SteadyTime deadline() const;
  Error failed(const PGresult* result, std::string_view sql);
  std::unexpected<Error> lost(std::string_view reason);

  const PostgresTarget target_;
  const PostgresOptions options_;
  Log& log_;
  const std::string listens_to_;
  PostgresHandle handle_;
  std::unordered_map<std::string, std::string, TextHash, std::equal_to<>> statements_;  // SQL to its name
  std::vector<Later> later_;
  std::string preparing_;  // name of the statement that is prepared as it is run, or empty
  SteadyTime retry_at_{};
  bool away_ = false;                 // the last try to connect failed, and that has been logged
  Purpose purpose_ = Purpose::write;  // of the transaction that is open
  bool broken_ = false;  // a savepoint is not as it should be: nothing of the transaction may be kept
  bool gave_way_ = false;
  std::int64_t changes_ = 0;
};

}  // namespace belfry::store
