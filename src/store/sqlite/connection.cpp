#include "store/sqlite/connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <charconv>

#include "belfry/log.h"

namespace belfry::store {

namespace {

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  double real(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const override {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

struct BindTo {
  sqlite3_stmt* statement;
  int index;

  int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
  int operator()(std::string_view value) const {
    // A null pointer would be bound as null, and an empty view may hold one.
    return sqlite3_bind_text64(statement, index, value.empty() ? "" : value.data(), value.size(),
                               SQLITE_STATIC, SQLITE_UTF8);
  }
};

// Makes the file where it is not there yet, so that it is its owner's alone: SQLite gives its other files the
// same mode.
void create_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
}

Error error_of(int extended_code) {
  switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return {ErrorKind::conflict, "Conflict"};
    default:
      break;
  }
  switch (extended_code & 0xff) {
    case SQLITE_TOOBIG:
      return {ErrorKind::too_large, "Too large to be stored"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
      return {ErrorKind::unavailable, "The store is not available"};
    default:
      return {ErrorKind::internal, "Internal error"};
  }
}

}  // namespace

Statement::Statement(sqlite3_stmt* handle) : handle_(handle) {
  const int count = sqlite3_bind_parameter_count(handle);
  for (int place = 1; place <= count; ++place) {
    const char* name = sqlite3_bind_parameter_name(handle, place);
    const std::string_view text = name == nullptr ? "" : name;
    std::size_t number = 0;
    if (text.starts_with('$')) std::from_chars(text.data() + 1, text.data() + text.size(), number);
    numbers_.push_back(number);
  }
}

int Statement::bind(std::span<const Param> params) {
  for (std::size_t place = 0; place < numbers_.size(); ++place) {
    const std::size_t number = numbers_[place];
    if (number == 0 || number > params.size()) return SQLITE_RANGE;
    const int code = std::visit(BindTo{get(), static_cast<int>(place) + 1}, params[number - 1].value());
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Access access,
                                                                 std::chrono::milliseconds busy_timeout,
                                                                 Log& log) {
  if (access == Access::read_write) create_private(path);
  const int mode =
      access == Access::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  // One thread at a time uses it, so SQLite's own locking is left out.
  const int code = sqlite3_open_v2(path.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle, log));
  if (code != SQLITE_OK) {
    return fail(ErrorKind::unavailable, "cannot open the database " + path + ": " +
                                            (handle == nullptr ? "out of memory" : sqlite3_errmsg(handle)));
  }
  if (auto ready = connection->set_up(access, busy_timeout); !ready) {
    return fail(ErrorKind::unavailable, "cannot use the database " + path + ": " + sqlite3_errmsg(handle));
  }
  return connection;
}

Result<void> SqliteConnection::set_up(Access access, std::chrono::milliseconds busy_timeout) {
  sqlite3_extended_result_codes(handle_.get(), 1);
  sqlite3_busy_timeout(handle_.get(), static_cast<int>(busy_timeout.count()));
  // 1 MiB of pages a connection: the system keeps the file in memory too.
  if (auto sized = run_script("PRAGMA cache_size=-1024;"); !sized) return sized;
  if (access == Access::read_only) return run_script("PRAGMA query_only=ON;");
  std::string mode;
  auto switched = run("PRAGMA journal_mode=WAL", {}, [&](const Row& row) { mode = row.text(0); });
  if (!switched) return switched;
  // Without it readers would wait for the writer: a file system that cannot share memory, for example.
  if (mode != "wal") return fail(ErrorKind::unavailable, "no write-ahead log here");
  // FULL: a commit has reached the disk when it returns. The log goes into the database every 32 MiB: pages
  // that were written many times are copied once.
  return run_script(
      "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA journal_size_limit=67108864; "
      "PRAGMA wal_autocheckpoint=8000;");
}

Result<void> SqliteConnection::run(std::string_view sql, std::span<const Param> params,
                                   const Transaction::OnRow& on_row) {
  auto statement = take_statement(sql);
  if (!statement) return std::unexpected(std::move(statement.error()));
  if (const int code = statement->bind(params); code != SQLITE_OK) return failed(code, sql);
  int code = SQLITE_OK;
  const SqliteRow row(statement->get());
  while ((code = statement->step()) == SQLITE_ROW) {
    if (on_row) on_row(row);
  }
  if (code != SQLITE_DONE) return failed(code, sql);
  keep_statement(sql, std::move(*statement));
  return {};
}

Result<void> SqliteConnection::run_script(std::string_view sql) {
  const int code = sqlite3_exec(handle_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(code, sql);
  return {};
}

Result<void> SqliteConnection::begin(Purpose purpose) {
  // The one lock that all writers share, from the start.
  return run(purpose == Purpose::read ? "BEGIN" : "BEGIN IMMEDIATE");
}

void SqliteConnection::roll_back() {
  if (!in_transaction()) return;
  if (const auto done = run("ROLLBACK"); !done)
    log_->error("store", "a transaction could not be rolled back");
}

std::string_view SqliteConnection::columns_sql() const {
  return "SELECT t.name, c.name, c.type = 'BIGINT', c.pk FROM sqlite_master t, pragma_table_info(t.name) c "
         "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
}

std::string_view SqliteConnection::references_sql() const {
  return "SELECT t.name, r.\"table\" FROM sqlite_master t, pragma_foreign_key_list(t.name) r "
         "WHERE t.type = 'table'";
}

Result<Statement> SqliteConnection::take_statement(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) {
    Statement statement = std::move(found->second);
    statements_.erase(found);
    return statement;
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return failed(code, sql);
  if (handle == nullptr) return failed(SQLITE_MISUSE, sql);
  return Statement(handle);
}

void SqliteConnection::keep_statement(std::string_view sql, Statement statement) {
  statement.reset();
  if (statements_.size() < kMaxStatements) statements_.try_emplace(std::string(sql), std::move(statement));
}

std::unexpected<Error> SqliteConnection::failed(int code, std::string_view what) const {
  const int extended = sqlite3_extended_errcode(handle_.get());
  Error error = error_of((extended & 0xff) == (code & 0xff) ? extended : code);
  if (error.kind != ErrorKind::conflict) {
    log_->error("store", sqlite3_errmsg(handle_.get()),
                {{"code", sqlite3_errstr(code)}, {"statement", what.substr(0, 200)}});
  }
  return std::unexpected(std::move(error));
}

}  // namespace belfry::store
