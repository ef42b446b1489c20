#include "store/postgres/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "belfry/log.h"
#include "store/postgres/errors.h"
#include "store/postgres/values.h"

namespace belfry::store {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// For what may take long: steps of the schema.
constexpr std::chrono::hours kPatience{1};
// Until another node has brought the schema up to date.
constexpr std::string_view kPatientSettings =
    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'";

constexpr std::string_view kLock =
    "SELECT pg_advisory_xact_lock(hashtextextended(coalesce(current_schema(), '') || ' ' || $1, 0))";

std::string_view begin_of(Purpose purpose) {
  switch (purpose) {
    case Purpose::read:
      return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    case Purpose::write:
    case Purpose::migrate:
      break;
  }
  return "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
}

std::string_view sqlstate_of(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return state == nullptr ? "" : state;
}

}  // namespace

// ---- connecting ----

Result<void> PostgresConnection::connect() {
  auto handle = connect_postgres(target_, options_);
  if (!handle) return std::unexpected(std::move(handle.error()));
  handle_ = std::move(*handle);
  statements_.clear();
  later_.clear();
  if (auto ready = set_up(); !ready) {
    handle_.reset();
    return ready;
  }
  return {};
}

Result<void> PostgresConnection::set_up() {
  std::string settings = fmt::format(
      "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}",
      options_.statement_timeout.count(), options_.lock_slice.count(),
      options_.idle_transaction_timeout.count());
  if (!target_.schema.empty()) {
    const auto schema = quoted(target_.schema);
    if (!schema) return std::unexpected(schema.error());
    settings += "; SET search_path TO " + *schema;
  }
  if (!listens_to_.empty()) settings += "; LISTEN " + listens_to_;
  if (auto set = run_script(settings); !set) {
    return fail(ErrorKind::unavailable, "the database does not take our settings");
  }
  return {};
}

Result<std::string> PostgresConnection::quoted(const std::string& name) {
  const std::unique_ptr<char, void (*)(void*)> text(
      PQescapeIdentifier(handle_.get(), name.data(), name.size()), PQfreemem);
  if (text == nullptr) return fail(ErrorKind::invalid, "the schema's name is not UTF-8");
  return std::string(text.get());
}

Result<void> PostgresConnection::connect_again() {
  const auto start = Clock::now();
  if (start < retry_at_) return fail(ErrorKind::unavailable, "The store is not available");
  const auto connected = connect();
  const auto end = Clock::now();
  if (!connected) {
    retry_at_ = end + std::max<Clock::duration>(kRetryPause, end - start);
    if (!std::exchange(away_, true)) {
      log_.error("store", "the database is away",
                 {{"database", target_.shown()}, {"reason", connected.error().message}});
    }
    return fail(ErrorKind::unavailable, "The store is not available");
  }
  if (std::exchange(away_, false)) {
    log_.info("store", "the database is back", {{"database", target_.shown()}});
  }
  return {};
}

Result<std::vector<std::string>> PostgresConnection::notifications() {
  std::vector<std::string> all;
  if (handle_ == nullptr) return all;
  if (PQconsumeInput(handle_.get()) == 0) return lost(message_of(handle_.get()));
  while (PGnotify* one = PQnotifies(handle_.get())) {
    all.emplace_back(one->extra);
    PQfreemem(one);
  }
  return all;
}

// ---- transactions ----

Result<void> PostgresConnection::begin(Purpose purpose) {
  const bool fresh = handle_ == nullptr;
  if (fresh) {
    if (auto connected = connect_again(); !connected) return connected;
  }
  auto begun = start(purpose);
  // It was lost while it was at rest, so nothing is lost with it.
  if (begun || fresh || handle_ != nullptr) return begun;
  if (auto connected = connect_again(); !connected) return connected;
  return start(purpose);
}

Result<void> PostgresConnection::start(Purpose purpose) {
  later_.clear();
  broken_ = false;
  purpose_ = purpose;
  auto done = run(begin_of(purpose));
  return done && purpose == Purpose::migrate ? start_migration() : done;
}

Result<void> PostgresConnection::start_migration() {
  auto done = run_script(kPatientSettings);
  if (done) done = lock("migrate");
  // Asked first: making it "if it does not exist" needs a right that goes beyond the schema.
  bool known = target_.schema.empty();
  const Param params[] = {target_.schema};
  if (done) {
    done = run("SELECT 1 FROM pg_namespace WHERE nspname = $1", params, [&](const Row&) { known = true; });
  }
  if (!done || known) return done;
  const auto schema = quoted(target_.schema);
  return schema ? run_script("CREATE SCHEMA " + *schema) : std::unexpected(schema.error());
}

Result<void> PostgresConnection::commit() {
  auto answer = execute("COMMIT", {}, {});
  purpose_ = Purpose::write;
  if (!answer) return std::unexpected(std::move(answer.error()));
  // In a transaction that has failed, COMMIT is answered by ROLLBACK.
  if (std::string_view(PQcmdStatus(answer->get())) == "COMMIT") return {};
  return fail(ErrorKind::unavailable, "The store is not available");
}

void PostgresConnection::roll_back() {
  later_.clear();
  purpose_ = Purpose::write;
  if (handle_ == nullptr || PQtransactionStatus(handle_.get()) == PQTRANS_IDLE) return;
  if (broken_ || !run("ROLLBACK")) handle_.reset();
}

bool PostgresConnection::in_transaction() const {
  if (handle_ == nullptr || broken_) return false;
  const auto status = PQtransactionStatus(handle_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

Result<void> PostgresConnection::lock(std::string_view key) {
  later_.push_back({.sql = std::string(kLock), .param = std::string(key)});
  return {};
}

std::string_view PostgresConnection::columns_sql() const {
  return "SELECT t.relname, c.attname, c.atttypid = 'bigint'::regtype, "
         "coalesce(array_position(k.indkey::int2[], c.attnum) + 1, 0) FROM pg_class t "
         "JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped "
         "LEFT JOIN pg_index k ON k.indrelid = t.oid AND k.indisprimary "
         "WHERE t.relkind = 'r' AND t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = "
         "current_schema())";
}

std::string_view PostgresConnection::references_sql() const {
  return "SELECT t.relname, r.relname FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid "
         "JOIN pg_class r ON r.oid = f.confrelid "
         "WHERE f.contype = 'f' AND t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = "
         "current_schema())";
}

// ---- statements ----

Result<void> PostgresConnection::run_later(std::string_view sql) {
  later_.push_back({.sql = std::string(sql)});
  return {};
}

Result<void> PostgresConnection::run(std::string_view sql, std::span<const Param> params,
                                     const Transaction::OnRow& on_row) {
  gave_way_ = false;
  TextParams texts;
  for (const Param& param : params) {
    if (!texts.add(param)) return std::unexpected(error_of_sqlstate("22021"));
  }
  texts.point();
  auto answer = execute(sql, texts.values, texts.lengths);
  if (!answer) return std::unexpected(std::move(answer.error()));
  const std::string_view changed = PQcmdTuples(answer->get());
  changes_ = 0;
  std::from_chars(changed.data(), changed.data() + changed.size(), changes_);
  const int rows = on_row ? PQntuples(answer->get()) : 0;
  for (int row = 0; row < rows; ++row) on_row(PostgresRow(answer->get(), row));
  return {};
}

Result<void> PostgresConnection::run_script(std::string_view sql) {
  if (handle_ == nullptr) return fail(ErrorKind::unavailable, "The store is not available");
  if (PQexitPipelineMode(handle_.get()) == 0 || PQsendQuery(handle_.get(), std::string(sql).c_str()) == 0) {
    return lost(message_of(handle_.get()));
  }
  Result<void> outcome;
  const auto until = deadline();
  for (;;) {
    auto result = next_result(until);
    if (!result) return std::unexpected(std::move(result.error()));
    if (*result == nullptr) break;
    if (outcome && PQresultStatus(result->get()) == PGRES_FATAL_ERROR) {
      outcome = std::unexpected(failed(result->get(), sql));
    }
  }
  if (PQenterPipelineMode(handle_.get()) == 0) return lost(message_of(handle_.get()));
  return outcome;
}

PostgresConnection::Answer PostgresConnection::execute(std::string_view sql,
                                                       std::span<const char* const> values,
                                                       std::span<const int> lengths) {
  gave_way_ = false;
  if (handle_ == nullptr) return fail(ErrorKind::unavailable, "The store is not available");
  if (!send(sql, values, lengths)) return lost(message_of(handle_.get()));
  return collect(sql);
}

bool PostgresConnection::send(std::string_view sql, std::span<const char* const> values,
                              std::span<const int> lengths) {
  for (const Later& later : later_) {
    const char* const value = later.param ? later.param->c_str() : nullptr;
    if (PQsendQueryParams(handle_.get(), later.sql.c_str(), later.param ? 1 : 0, nullptr, &value, nullptr,
                          nullptr, 0) == 0) {
      return false;
    }
  }
  return send_statement(sql, values, lengths) && PQpipelineSync(handle_.get()) == 1;
}

bool PostgresConnection::send_statement(std::string_view sql, std::span<const char* const> values,
                                        std::span<const int> lengths) {
  const int count = static_cast<int>(values.size());
  preparing_.clear();
  std::string name;
  if (const auto known = statements_.find(sql); known != statements_.end()) {
    name = known->second;
  } else if (statements_.size() < kMaxStatements) {
    preparing_ = name = "s" + std::to_string(statements_.size());
    if (PQsendPrepare(handle_.get(), name.c_str(), std::string(sql).c_str(), 0, nullptr) == 0) return false;
  } else {
    return PQsendQueryParams(handle_.get(), std::string(sql).c_str(), count, nullptr, values.data(),
                             lengths.data(), nullptr, 0) == 1;
  }
  return PQsendQueryPrepared(handle_.get(), name.c_str(), count, values.data(), lengths.data(), nullptr, 0) ==
         1;
}

PostgresConnection::Answer PostgresConnection::collect(std::string_view sql) {
  const auto later = std::exchange(later_, {});
  const std::size_t last = later.size() + (preparing_.empty() ? 0 : 1);
  const auto until = deadline();
  Answer answer;
  for (std::size_t statement = 0;;) {
    auto result = next_result(until);
    if (!result) return result;
    if (*result == nullptr) {
      ++statement;
      continue;
    }
    const auto status = PQresultStatus(result->get());
    if (status == PGRES_PIPELINE_SYNC) break;
    if (status == PGRES_FATAL_ERROR && answer) {
      const bool put_off = statement < later.size();
      answer = std::unexpected(failed(result->get(), put_off ? later[statement].sql : sql));
      // A lock belongs to the unit that asked for it; savepoints belong to all.
      broken_ |= put_off && !later[statement].param;
    } else if (statement == last && answer) {
      answer = std::move(*result);
    } else if (statement == later.size() && status == PGRES_COMMAND_OK) {
      // Prepared, whatever becomes of it now.
      statements_.emplace(sql, preparing_);
    }
  }
  return answer;
}

PostgresConnection::Answer PostgresConnection::next_result(SteadyTime until) {
  if (!await_result(handle_.get(), until)) {
    return lost(Clock::now() < until ? message_of(handle_.get()) : "no answer in time");
  }
  PostgresResult result(PQgetResult(handle_.get()));
  if (result == nullptr && PQstatus(handle_.get()) == CONNECTION_BAD) {
    return lost(message_of(handle_.get()));
  }
  return result;
}

SteadyTime PostgresConnection::deadline() const {
  if (purpose_ == Purpose::migrate) return Clock::now() + kPatience;
  return Clock::now() + options_.statement_timeout + PostgresOptions::kAnswerGrace;
}

// ---- failures ----

// PostgreSQL's own words are about the statement; but those of a wrong value repeat it.
Error PostgresConnection::failed(const PGresult* result, std::string_view sql) {
  const std::string_view state = sqlstate_of(result);
  gave_way_ = is_to_be_done_again(state);
  Error error = error_of_sqlstate(state);
  if (error.kind == ErrorKind::conflict || gave_way_) return error;
  // A server that only reads: another of the URL may be the one that writes. But a unit that only reads may
  // not try to write anywhere.
  if (is_of_no_use(state)) {
    broken_ = true;
    if (purpose_ == Purpose::read) error = error_of_sqlstate("");
  }
  const char* words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const bool about_value = state.starts_with("22");
  log_.error("store", words == nullptr || about_value ? "a statement failed" : words,
             {{"code", state}, {"statement", sql.substr(0, 200)}});
  return error;
}

std::unexpected<Error> PostgresConnection::lost(std::string_view reason) {
  log_.error("store", "the connection to the database is lost", {{"reason", reason}});
  handle_.reset();
  later_.clear();
  purpose_ = Purpose::write;
  return fail(ErrorKind::unavailable, "The store is not available");
}

}  // namespace belfry::store
