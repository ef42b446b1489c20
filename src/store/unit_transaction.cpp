#include "store/unit_transaction.h"

namespace belfry::store {

Result<std::int64_t> UnitTransaction::run(std::string_view sql, std::span<const Param> params) {
  if (auto done = query(sql, params, nullptr); !done) return std::unexpected(std::move(done.error()));
  return database_.changes();
}

Result<void> UnitTransaction::query(std::string_view sql, std::span<const Param> params,
                                    const OnRow& on_row) {
  if (failure_) return std::unexpected(*failure_);
  return note(database_.run(sql, params, on_row));
}

Result<void> UnitTransaction::lock(std::string_view key) {
  if (failure_) return std::unexpected(*failure_);
  return note(database_.lock(key));
}

Result<void> UnitTransaction::note(Result<void> done) {
  if (!done) failure_ = done.error();
  return done;
}

void UnitTransaction::tell(SharedEvent event) {
  if (purpose_ == Purpose::read) {
    failure_ = Error{ErrorKind::internal,
                     "Internal error"};  // a read has nothing to announce: a defect of the caller
    return;
  }
  events_.push_back(std::move(event));
}

}  // namespace belfry::store
