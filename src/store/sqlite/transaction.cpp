#include "store/sqlite/transaction.h"

namespace belfry::store {

Result<std::int64_t> SqliteTransaction::run(std::string_view sql, std::span<const Param> params) {
  if (auto done = query(sql, params, nullptr); !done) return std::unexpected(std::move(done.error()));
  return connection_.changes();
}

Result<void> SqliteTransaction::query(std::string_view sql, std::span<const Param> params,
                                      const OnRow& on_row) {
  if (failure_) return std::unexpected(*failure_);
  auto done = connection_.run(sql, params, on_row);
  if (!done) failure_ = done.error();
  return done;
}

void SqliteTransaction::tell(SharedEvent event) {
  if (access_ == Access::read_only) {
    failure_ = Error{ErrorKind::internal,
                     "Internal error"};  // a read has nothing to announce: a defect of the caller
    return;
  }
  events_.push_back(std::move(event));
}

}  // namespace belfry::store
