#include "apps/common/refusals.h"

namespace belfry::apps {

RefusalCode refusal_code(const Error& error) {
  switch (error.kind) {
    case ErrorKind::unauthenticated:
      if (error.message == kCredentialErrors[0]) return {"no_token", "credentials"};
      if (error.message == kCredentialErrors[2]) return {"token_expired", "credentials"};
      if (error.message == kCredentialErrors[3]) return {"user_blocked", "never"};
      return {"invalid_token", "credentials"};
    case ErrorKind::rate_limited:
      return {"rate_limited", "backoff"};
    case ErrorKind::unavailable:
      return {"unavailable", "backoff"};
    default:
      return {"internal", "backoff"};
  }
}

}  // namespace belfry::apps
