// The secret that signs tokens where none is configured.
#pragma once

#include <string>

#include "belfry/result.h"

namespace belfry::server {

struct Secret {
  std::string value;
  std::string file;      ///< where it is kept
  bool created = false;  ///< it was made by this call
};

/// Reads `jwt-secret` in `dir`, or makes a random one there (mode 0600; `dir` too, where it is missing). Two
/// processes that start at once get the same. Fails where the file cannot be read or written, or others may
/// read it.
Result<Secret> load_or_create_secret(const std::string& dir);

}  // namespace belfry::server
