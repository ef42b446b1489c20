// HTTP header fields and what lists in them mean. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::http {

/// One header field. Of a request the name is in lower case.
struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};

/// A request's header fields in the order of their first appearance, each name once: repeated fields are
/// joined with
/// `, `, cookies with `; `.
class Headers {
 public:
  /// Adds a field, `name` in any case.
  void add(std::string_view name, std::string_view value);

  /// The value of the field with this name in lower case, "" if there is none.
  std::string_view find(std::string_view name) const;
  bool has(std::string_view name) const;

  std::size_t size() const { return fields_.size(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Header> fields_;
};

std::string lower_case(std::string_view text);
/// Equality of ASCII text whatever its case.
bool equals_ignoring_case(std::string_view a, std::string_view b);
/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text);
/// Whether a comma-separated list holds `token`, whatever its case.
bool list_has_token(std::string_view list, std::string_view token);

}  // namespace belfry::http
