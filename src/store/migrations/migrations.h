// The steps that bring a database from empty to what this program needs.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace belfry::store {

/// One step, in SQL that SQLite and PostgreSQL share. Once released, it is never changed: a later step
/// corrects it.
struct Migration {
  int number;             ///< from 1, without a gap
  std::string_view name;  ///< for people
  std::string_view sql;   ///< statements separated by semicolons
};

/// Every step, in order.
std::span<const Migration> all_migrations();

/// The steps of an app from outside, which are counted by themselves.
struct AppMigrations {
  std::string app;
  std::span<const Migration> steps;
};

}  // namespace belfry::store
