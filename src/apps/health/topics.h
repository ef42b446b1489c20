// Topics: who may follow which.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/identity.h"
#include "belfry/result.h"

namespace belfry::health {

/// By topic, the roles that may follow it; a topic that is not there is for everyone signed in. Admins may
/// follow all.
struct TopicRules {
  std::map<std::string, std::vector<std::string>, std::less<>> roles;

  bool allows(const apps::Caller& caller, std::string_view topic) const;
  /// From settings such as `staff=provider+nurse`. Fails with what is wrong.
  static Result<TopicRules> parse(const std::vector<std::string>& texts);
};

}  // namespace belfry::health
