// Reading of `.env` files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"

namespace belfry::server {

struct EnvLine {
  std::string name;
  std::string value;
  int line = 0;  ///< counted from 1
};

/// Lines `NAME=value`, `export` before it allowed. A value may stand in single quotes (as it is) or double
/// quotes (with `\n`, `\"`, `\\`), over several lines too; unquoted it ends at ` #`. Lines that begin with
/// `#` are comments. Fails with `<line>: <what is wrong>`.
Result<std::vector<EnvLine>> parse_dotenv(std::string_view text);

}  // namespace belfry::server
