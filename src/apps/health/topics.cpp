#include "apps/health/topics.h"

#include <algorithm>

namespace belfry::health {

bool TopicRules::allows(const apps::Caller& caller, std::string_view topic) const {
  const auto found = roles.find(topic);
  return found == roles.end() || caller.is_admin() ||
         std::ranges::find(found->second, caller.role) != found->second.end();
}

Result<TopicRules> TopicRules::parse(const std::vector<std::string>& texts) {
  TopicRules rules;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
      return fail(ErrorKind::invalid, "holds '" + text + "', which is not topic=role+role");
    }
    auto& roles = rules.roles[text.substr(0, equals)];
    for (std::size_t begin = equals + 1; begin <= text.size();) {
      const auto plus = std::min(text.find('+', begin), text.size());
      if (plus > begin) roles.push_back(text.substr(begin, plus - begin));
      begin = plus + 1;
    }
  }
  return rules;
}

}  // namespace belfry::health
