#include "http/router.h"

#include <algorithm>

#include "http/query.h"

namespace belfry::http {
namespace {

/// Cuts the first segment off a path; `path` becomes what follows its slash, nothing if there is none.
std::string_view next_segment(std::optional<std::string_view>& path) {
  const auto slash = path->find('/');
  const auto segment = path->substr(0, slash);
  path = slash == std::string_view::npos ? std::nullopt : std::optional(path->substr(slash + 1));
  return segment;
}

}  // namespace

PathPattern::PathPattern(std::string_view pattern) {
  std::optional<std::string_view> rest = pattern.substr(pattern.starts_with('/') ? 1 : 0);
  while (rest) {
    const auto segment = next_segment(rest);
    if (segment == "*" && !rest) {
      segments_.push_back({Kind::rest, "*"});
    } else if (segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}')) {
      segments_.push_back({Kind::parameter, std::string(segment.substr(1, segment.size() - 2))});
    } else {
      segments_.push_back({Kind::text, std::string(segment)});
    }
  }
}

std::optional<PathPattern::Parameters> PathPattern::match(std::string_view path) const {
  if (!path.starts_with('/')) return std::nullopt;
  std::optional<std::string_view> rest = path.substr(1);
  Parameters parameters;
  for (const auto& [kind, text] : segments_) {
    if (kind == Kind::rest) {
      parameters.emplace_back(text, percent_decode(rest.value_or("")));
      return parameters;
    }
    if (!rest) return std::nullopt;
    const auto segment = next_segment(rest);
    if (kind == Kind::parameter) {
      if (segment.empty()) return std::nullopt;
      parameters.emplace_back(text, percent_decode(segment));
    } else if (segment != text && percent_decode(segment) != text) {
      return std::nullopt;
    }
  }
  if (rest) return std::nullopt;
  return parameters;
}

bool PathPattern::precedes(const PathPattern& other) const {
  const std::size_t common = std::min(segments_.size(), other.segments_.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (segments_[i].kind != other.segments_[i].kind) return segments_[i].kind < other.segments_[i].kind;
  }
  return segments_.size() > other.segments_.size();
}

}  // namespace belfry::http
