// Records that belong to groups: kept, found and listed for those who belong there.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/common/api.h"
#include "apps/common/group_routes.h"
#include "store/records.h"

namespace belfry::apps {

/// Fails with `forbidden` for a server with an API key: some things only a user can do.
inline Result<void> check_is_user(const Caller& caller) {
  if (caller.is_server()) return fail(ErrorKind::forbidden, "An API key is no user");
  return {};
}

/// Text that may be absent.
inline Result<void> check_optional_text(const std::string& field, const std::optional<std::string>& text,
                                        std::size_t max) {
  return text ? check_text(field, *text, max) : Result<void>();
}

/// One of a few words.
inline Result<void> check_word(const std::string& field, std::string_view word,
                               std::initializer_list<std::string_view> known) {
  if (std::ranges::find(known, word) != known.end()) return {};
  std::string all;
  for (const std::string_view one : known) (all += all.empty() ? "" : ", ") += one;
  return fail_field(field, "must be one of " + all);
}

/// These run inside a unit of work and fail as its statements do. `table` is a literal.

/// Stores a record and returns it.
template <class T>
Result<T> keep(store::Transaction& tx, std::string_view table, T record) {
  if (auto done = store::insert(tx, table, record); !done) return std::unexpected(std::move(done.error()));
  return record;
}

/// The record, if the caller may see the group that `T::family_id` names; for others there is none.
template <class T>
Result<T> find_in_group(store::Transaction& tx, const GroupRules& rules, const Caller& caller,
                        std::string_view table, const std::string& id, const char* not_found) {
  auto found = store::find<T>(tx, table, "id = $1", {id});
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return fail(ErrorKind::not_found, not_found);
  if (auto role = role_in(tx, rules, caller, (*found)->family_id); !role) {
    if (role.error().kind != ErrorKind::not_found) return std::unexpected(std::move(role.error()));
    return fail(ErrorKind::not_found, not_found);
  }
  return std::move(**found);
}

/// What a group has of one sort, newest first, for those who may see it.
template <class T>
Result<std::vector<T>> list_in_group(store::Transaction& tx, const GroupRules& rules, const Caller& caller,
                                     std::string_view table, const std::string& group_id, const Page& page) {
  if (auto role = role_in(tx, rules, caller, group_id); !role) {
    return std::unexpected(std::move(role.error()));
  }
  return store::list<T>(tx, table, "family_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                        {group_id, store::ids_before(page.before), page.wanted()});
}

/// Tells an event of type `E` after the commit, as `set(E&)` fills it.
template <class E, class Set>
void tell(store::Transaction& tx, Set set) {
  auto event = std::make_shared<E>();
  set(*event);
  tx.tell(std::move(event));
}

}  // namespace belfry::apps
