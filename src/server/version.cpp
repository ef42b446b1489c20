#include "server/version.h"

#include "build_info.h"

namespace belfry::server {

std::string version_text() {
  return "belfry " BELFRY_VERSION "\ncommit " BELFRY_COMMIT "\nbuild " BELFRY_BUILD_TYPE "\n" BELFRY_LIBRARIES
         "\n";
}

}  // namespace belfry::server
