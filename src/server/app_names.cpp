// Apart from the apps themselves: a configuration can be checked without them.
#include <algorithm>
#include <iterator>

#include "server/apps.h"

namespace belfry::server {

bool is_own_app(std::string_view name) {
  constexpr std::string_view kOwn[] = {"health", "care", "inbox", "household", "groups"};
  return std::ranges::find(kOwn, name) != std::end(kOwn);
}

}  // namespace belfry::server
