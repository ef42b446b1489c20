// What PostgreSQL's five-letter codes mean to us.
#pragma once

#include <string_view>

#include "belfry/result.h"

namespace belfry::store {

/// As `Transaction` documents it. An unknown code, or none, is a defect: `internal`.
Error error_of_sqlstate(std::string_view sqlstate);

/// A transaction of another node stood in the way: it succeeds when it is done again.
bool is_to_be_done_again(std::string_view sqlstate);

/// The connection is of no use any more, although it may be open: it leads to a server that only reads.
bool is_of_no_use(std::string_view sqlstate);

}  // namespace belfry::store
