// The users that the server knows: those who came with a valid token, and those somebody entrusted named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/describe.h"
#include "belfry/result.h"
#include "core/clock.h"
#include "core/event.h"
#include "store/transaction.h"

namespace belfry::accounts {

inline constexpr std::string_view kDefaultRole = "user";

struct Account {
  std::string id;
  std::optional<std::string> name;
  std::optional<std::string> email;
  std::string role;
  WallMs created_at = 0;
  bool blocked = false;  ///< whatever they show, they are not let in

  bool operator==(const Account&) const = default;
};

/// Told after the commit.
struct UserBlocked : Event {
  std::string user_id;
};
constexpr auto describe(Type<UserBlocked>) {
  return fields(field("userId", &UserBlocked::user_id));
}

/// Told after the commit.
struct RoleChanged : Event {
  std::string user_id;
  std::string role;
};
constexpr auto describe(Type<RoleChanged>) {
  return fields(field("userId", &RoleChanged::user_id), field("role", &RoleChanged::role));
}

/// What a token says of its user, or what a change sets; an empty text says nothing.
struct Profile {
  std::string_view name = {};
  std::string_view email = {};
  std::string_view role = {};
};

/// These run inside a unit of work and fail as its statements do.

/// The account of `id`; one not seen before is created from `profile`, one that is there stays as it is.
Result<Account> ensure(store::Transaction& tx, std::string_view id, const Profile& profile, WallMs now);

/// How many there are.
Result<std::int64_t> count(store::Transaction& tx);
/// Their ids in order, those after `after` (empty: from the first), at most `limit`.
Result<std::vector<std::string>> list_ids(store::Transaction& tx, std::string_view after, int limit);

/// The account of `id`, or nothing.
Result<std::optional<Account>> find(store::Transaction& tx, std::string_view id);

/// Sets what `change` says, and creates the account where there is none.
Result<Account> put(store::Transaction& tx, std::string_view id, const Profile& change, WallMs now);

/// Blocks a user, known or not, and tells `UserBlocked`; or lets them in again.
Result<Account> set_blocked(store::Transaction& tx, std::string_view id, bool blocked, WallMs now);

}  // namespace belfry::accounts
