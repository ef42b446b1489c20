#include "apps/groups/ids.h"

#include <charconv>
#include <cstdint>

#include "apps/common/json.h"

namespace belfry::groups {

namespace {

constexpr std::int64_t kLargest = 9'007'199'254'740'991;

}  // namespace

Value id_json(std::string_view id) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  const bool whole = error == std::errc() && end == id.data() + id.size();
  if (whole && number >= 0 && number <= kLargest && std::to_string(number) == id) return number;
  return id;
}

Value ids_json(const std::vector<std::string>& ids) {
  Value json = Value::array();
  for (const std::string& id : ids) json.push_back(id_json(id));
  return json;
}

Result<std::string> read_id(const std::string& field, const Value& value) {
  std::string id;
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (number < 0 || number > kLargest) return fail_field(field, "must be from 0 to 9007199254740991");
    id = std::to_string(number);
  } else if (value.is_null()) {
    return std::unexpected(apps::is_required(field));
  } else if (value.is_string()) {
    id = value.get<std::string>();
  } else {
    return fail_field(field, "must be a string or a whole number");
  }
  if (auto good = apps::check_user_id(field, id); !good) return std::unexpected(good.error());
  return id;
}

}  // namespace belfry::groups
