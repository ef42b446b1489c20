// Rows as structs that are described (`belfry/describe.h`): one description for JSON and for the store.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "belfry/describe.h"
#include "core/clock.h"
#include "store/transaction.h"

namespace belfry::store {

/// A time of a record: milliseconds in the store, ISO 8601 in JSON.
struct Time {
  WallMs ms = 0;
  bool operator==(const Time&) const = default;
};
inline void to_json(Value& json, const Time& time) {
  json = iso_time(time.ms);
}
/// In an event that is kept: milliseconds.
constexpr auto describe(Type<Time>) {
  return fields(field("ms", &Time::ms));
}

namespace detail {

/// `careRecipientId` is column `care_recipient_id`.
inline std::string column_of(std::string_view name) {
  std::string column;
  for (const char c : name) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital) column += '_';
    column += capital ? static_cast<char>(c + 32) : c;
  }
  return column;
}

template <class T>
std::string columns_of() {
  std::string columns;
  std::apply(
      [&](const auto&... field) {
        ((columns += (columns.empty() ? "" : ", ") + column_of(field.name)), ...);
      },
      describe(Type<T>{}));
  return columns;
}

template <class Member>
Param param_of(const Member& member) {
  if constexpr (belfry::detail::kIsOptional<Member>) {
    return member ? param_of(*member) : Param(nullptr);
  } else if constexpr (std::is_same_v<Member, Time>) {
    return Param(member.ms);
  } else {
    return Param(member);
  }
}

template <class Member>
void read_column(const Row& row, int column, Member& member) {
  if constexpr (belfry::detail::kIsOptional<Member>) {
    if (!row.is_null(column)) read_column(row, column, member.emplace());
  } else if constexpr (std::is_same_v<Member, Time>) {
    member.ms = row.integer(column);
  } else if constexpr (std::is_same_v<Member, bool>) {
    member = row.integer(column) != 0;
  } else if constexpr (std::is_integral_v<Member>) {
    member = static_cast<Member>(row.integer(column));
  } else {
    member = row.text(column);
  }
}

template <class T>
T record_of(const Row& row) {
  T record{};
  int column = 0;
  std::apply([&](const auto&... field) { (read_column(row, column++, record.*field.member), ...); },
             describe(Type<T>{}));
  return record;
}

}  // namespace detail

/// A record as JSON, whole: what is absent is null.
template <class T>
Value to_json(const T& record) {
  Value json = Value::object();
  const auto put = [&json](std::string_view name, const auto& member) {
    if constexpr (belfry::detail::kIsOptional<std::decay_t<decltype(member)>>) {
      json[std::string(name)] = member ? Value(*member) : Value(nullptr);
    } else {
      json[std::string(name)] = member;
    }
  };
  std::apply([&](const auto&... field) { (put(field.name, record.*field.member), ...); },
             describe(Type<T>{}));
  return json;
}

/// These run inside a unit of work and fail as its statements do. `table` and `where` are literals of the
/// program; columns have the fields' names in lower case, with underscores.

template <class T>
Result<void> insert(Transaction& tx, std::string_view table, const T& record) {
  std::vector<Param> params;
  std::apply([&](const auto&... field) { (params.push_back(detail::param_of(record.*field.member)), ...); },
             describe(Type<T>{}));
  std::string sql = "INSERT INTO " + std::string(table) + " (" + detail::columns_of<T>() + ") VALUES (";
  for (std::size_t i = 1; i <= params.size(); ++i) sql += (i == 1 ? "$" : ", $") + std::to_string(i);
  if (auto done = tx.run(sql + ")", params); !done) return std::unexpected(std::move(done.error()));
  return {};
}

/// The first record of those that `where` (with order and limit, if any) finds, or nothing.
template <class T>
Result<std::optional<T>> find(Transaction& tx, std::string_view table, std::string_view where,
                              std::initializer_list<Param> params) {
  return tx.query_one(
      "SELECT " + detail::columns_of<T>() + " FROM " + std::string(table) + " WHERE " + std::string(where),
      params, detail::record_of<T>);
}

/// All of them. `where` bounds how many there are.
template <class T>
Result<std::vector<T>> list(Transaction& tx, std::string_view table, std::string_view where,
                            std::initializer_list<Param> params) {
  return tx.query_all(
      "SELECT " + detail::columns_of<T>() + " FROM " + std::string(table) + " WHERE " + std::string(where),
      params, detail::record_of<T>);
}

}  // namespace belfry::store
