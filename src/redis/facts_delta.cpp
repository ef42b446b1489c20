#include "redis/facts_delta.h"

#include <charconv>

#include "belfry/value.h"

namespace belfry::redis {

namespace {

std::unexpected<Error> malformed() {
  return fail(ErrorKind::malformed, "No message of facts");
}

bool read_changes(const Value& list, std::vector<FactChange>& changes) {
  if (!list.is_array()) return false;
  for (const Value& pair : list) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string()) return false;
    if (!pair[1].is_string() && !pair[1].is_null()) return false;
    changes.emplace_back(pair[0].get<std::string>(),
                         pair[1].is_null() ? std::nullopt : std::optional(pair[1].get<std::string>()));
  }
  return true;
}

}  // namespace

Result<Owner> Owner::parse(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return malformed();
  Owner owner{.node = text.substr(0, colon)};
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, owner.epoch);
  if (read.ec != std::errc() || read.ptr != end) return malformed();
  return owner;
}

std::string FactsDelta::text() const {
  Value list = Value::array();
  for (const auto& [field, value] : changes) list.push_back({field, value ? Value(*value) : Value(nullptr)});
  const Value all = {{"owner", owner.text()},
                     {"number", number},
                     {"changes", std::move(list)},
                     {"full", full},
                     {"left", left}};
  return all.dump(-1, ' ', false, Value::error_handler_t::replace);
}

Result<FactsDelta> FactsDelta::parse(const std::string& text) {
  const Value all = Value::parse(text, nullptr, false);
  if (!all.is_object()) return malformed();
  const auto has = [&all](const char* name, bool (Value::*is)() const noexcept) {
    const auto found = all.find(name);
    return found != all.end() && ((*found).*is)();
  };
  if (!has("owner", &Value::is_string) || !has("number", &Value::is_number_integer) ||
      !has("full", &Value::is_boolean) || !has("left", &Value::is_boolean) ||
      !has("changes", &Value::is_array)) {
    return malformed();
  }
  auto owner = Owner::parse(all["owner"].get<std::string>());
  if (!owner) return malformed();
  FactsDelta delta{.owner = std::move(*owner),
                   .number = all["number"].get<std::int64_t>(),
                   .full = all["full"].get<bool>(),
                   .left = all["left"].get<bool>()};
  if (!read_changes(all["changes"], delta.changes)) return malformed();
  return delta;
}

}  // namespace belfry::redis
