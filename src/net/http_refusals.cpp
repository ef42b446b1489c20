#include "net/http_refusals.h"

namespace belfry::net {

std::string_view name_of(HttpRefusal refusal) {
  constexpr std::array<std::string_view, kHttpRefusalCount> kNames = {
      "invalid http",   "slow head",       "slow body",        "large body",        "large head",
      "unknown coding", "unknown version", "unsigned forward", "too much pipelined"};
  return kNames[static_cast<std::size_t>(refusal)];
}

HttpRefusal refusal_of(int status, bool in_body) {
  switch (status) {
    case 403:
      return HttpRefusal::unsigned_forward;
    case 408:
      return in_body ? HttpRefusal::slow_body : HttpRefusal::slow_head;
    case 413:
      return HttpRefusal::large_body;
    case 431:
      return HttpRefusal::large_head;
    case 501:
      return HttpRefusal::unknown_coding;
    case 505:
      return HttpRefusal::unknown_version;
    default:
      return HttpRefusal::invalid;
  }
}

}  // namespace belfry::net
