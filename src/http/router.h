// Which handler a request is for: method and path patterns.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::http {

/// A path pattern: segments that stand for themselves, `{name}` for any one segment, and a trailing `*` for
/// all that follows, which may be nothing: `/rooms/{room}/members`, `/files/*`.
class PathPattern {
 public:
  /// What `{name}` and `*` stood for, decoded; the latter under the name `*`.
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  explicit PathPattern(std::string_view pattern);

  /// The parameters if the path (still encoded) matches.
  std::optional<Parameters> match(std::string_view path) const;
  /// Whether this pattern is more specific than the other one at the first segment where they differ in kind:
  /// text before parameters before `*`.
  bool precedes(const PathPattern& other) const;
  bool operator==(const PathPattern&) const = default;

 private:
  enum class Kind { text, parameter, rest };
  struct Segment {
    Kind kind;
    std::string text;  // of a parameter, its name
    bool operator==(const Segment&) const = default;
  };

  std::vector<Segment> segments_;
};

/// Handlers of type T by method and path; method `*` is any that the path has no handler for. Filled at the
/// start by its owner, then constant: any thread may search it.
template <class T>
class Router {
 public:
  struct Match {
    const T* handler = nullptr;          ///< null: see `allow`
    PathPattern::Parameters parameters;  ///< of the handler's pattern
    std::string allow;                   ///< for 405: the methods that this path has; empty: 404

    /// The value of a parameter, "" if the pattern has none of that name.
    std::string_view parameter(std::string_view name) const {
      for (const auto& [key, value] : parameters) {
        if (key == name) return value;
      }
      return {};
    }
  };

  void add(std::string method, std::string_view pattern, T handler) {
    Route route{std::move(method), PathPattern(pattern), std::move(handler)};
    auto at = routes_.begin();
    while (at != routes_.end() && !route.pattern.precedes(at->pattern)) ++at;
    routes_.insert(at, std::move(route));
  }

  /// The most specific route for the path (without query, still encoded) that has the method; GET serves
  /// HEAD.
  Match find(std::string_view method, std::string_view path) const {
    Match match;
    for (const Route& route : routes_) {
      auto parameters = route.pattern.match(path);
      if (!parameters) continue;
      if (route.method == method || route.method == "*" || (method == "HEAD" && route.method == "GET")) {
        return {&route.handler, std::move(*parameters), {}};
      }
      allow(match.allow, route.method);
      if (route.method == "GET") allow(match.allow, "HEAD");
    }
    return match;
  }

 private:
  struct Route {
    std::string method;
    PathPattern pattern;
    T handler;
  };

  static void allow(std::string& list, std::string_view method) {
    if ((", " + list + ",").find(std::string(" ").append(method) + ",") != std::string::npos) return;
    list.append(list.empty() ? "" : ", ").append(method);
  }

  std::vector<Route> routes_;  // more specific patterns first
};

}  // namespace belfry::http
