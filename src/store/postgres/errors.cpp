#include "store/postgres/errors.h"

#include <algorithm>
#include <array>

namespace belfry::store {

namespace {

// Connection, resources, operator (also: a statement took too long), system; the data are broken.
constexpr std::array<std::string_view, 5> kAwayClasses = {"08", "53", "57", "58", "XX"};
// Read-only server, idle in a transaction for too long.
constexpr std::array<std::string_view, 2> kAway = {"25006", "25P03"};

bool is_away(std::string_view sqlstate) {
  const auto begins = [sqlstate](std::string_view prefix) { return sqlstate.starts_with(prefix); };
  // XX000 is PostgreSQL's own word for a defect.
  return sqlstate != "XX000" &&
         (std::ranges::any_of(kAwayClasses, begins) || std::ranges::find(kAway, sqlstate) != kAway.end() ||
          is_to_be_done_again(sqlstate));
}

}  // namespace

Error error_of_sqlstate(std::string_view sqlstate) {
  if (sqlstate == "23505" || sqlstate == "23503") return {ErrorKind::conflict, "Conflict"};
  if (sqlstate == "22001" || sqlstate == "54000") return {ErrorKind::too_large, "Too large to be stored"};
  if (sqlstate == "22021" || sqlstate == "22P05") {
    return {ErrorKind::invalid, "holds a character that cannot be stored"};
  }
  if (is_away(sqlstate)) return {ErrorKind::unavailable, "The store is not available"};
  return {ErrorKind::internal, "Internal error"};
}

bool is_to_be_done_again(std::string_view sqlstate) {
  return sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03";
}

bool is_of_no_use(std::string_view sqlstate) {
  return sqlstate == "25006";
}

}  // namespace belfry::store
