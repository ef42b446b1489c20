// What a unit of work does its queries with, the same for every kind of database.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "belfry/result.h"
#include "core/event.h"

namespace belfry::store {

/// One parameter of a statement: null, an integer, a double or text. Text is a view, valid during the call it
/// is given to.
class Param {
 public:
  using Variant = std::variant<std::nullptr_t, std::int64_t, double, std::string_view>;

  explicit(false) Param(std::nullptr_t) : value_(nullptr) {}
  template <class T>
    requires std::is_integral_v<T>
  explicit(false) Param(T value) : value_(static_cast<std::int64_t>(value)) {}
  explicit(false) Param(double value) : value_(value) {}
  explicit(false) Param(const char* value) : value_(std::string_view(value)) {}
  explicit(false) Param(std::string_view value) : value_(value) {}
  explicit(false) Param(const std::string& value) : value_(std::string_view(value)) {}
  template <class T>
  explicit(false) Param(const std::optional<T>& value) : value_(nullptr) {
    if (value) value_ = Param(*value).value_;
  }

  const Variant& value() const { return value_; }

 private:
  Variant value_;
};

/// One row of an answer; columns count from 0. Valid inside the callback that it is given to.
class Row {
 public:
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  virtual std::string text(int column) const = 0;  ///< null is the empty text

  std::optional<std::string> optional_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
  }
  std::optional<std::int64_t> optional_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }

 protected:
  ~Row() = default;
};

/// For lists that are read from the newest on: the id that all of a page are before. `before` is that of the
/// last that was seen; empty: none, and what sorts after every id.
inline std::string_view ids_before(std::string_view before) {
  return before.empty() ? "g" : before;
}

/// A transaction, for the time of one unit of work, on the worker thread that runs it.
///
/// SQL is the part that SQLite and PostgreSQL share, with parameters `$1`, `$2`, … (an index may repeat, in
/// any order). A statement that fails dooms the unit: the ones after it fail alike, and the unit is rolled
/// back whatever it returns. Failures: `conflict` (a unique or foreign key), `too_large`, `invalid` (a text
/// that the database cannot hold), `unavailable` (the database), `internal` (wrong SQL).
///
/// Units of other nodes run at the same time: what one reads, another may change before it writes. A change
/// says in its `WHERE` what it depends on and looks at how many rows it has changed, or the unit locks first.
class Transaction {
 public:
  using OnRow = std::function<void(const Row&)>;

  /// Runs a statement and returns how many rows it changed.
  virtual Result<std::int64_t> run(std::string_view sql, std::span<const Param> params) = 0;
  /// Calls `on_row` for each row of the answer, in order.
  virtual Result<void> query(std::string_view sql, std::span<const Param> params, const OnRow& on_row) = 0;
  /// From here to the commit, no other node has the same lock. The first thing that a unit does, so that all
  /// it reads is read after it. Free with SQLite, whose writer is alone.
  virtual Result<void> lock(std::string_view key) = 0;
  /// Announces `event` on the event bus after the commit, in the order of commits; forgotten if the unit
  /// fails.
  virtual void tell(SharedEvent event) = 0;

  Result<std::int64_t> run(std::string_view sql, std::initializer_list<Param> params = {}) {
    return run(sql, std::span(params.begin(), params.size()));
  }
  Result<void> query(std::string_view sql, std::initializer_list<Param> params, const OnRow& on_row) {
    return query(sql, std::span(params.begin(), params.size()), on_row);
  }

  /// The first row as `map(row)`, or nothing where there is none.
  template <class Map, class T = std::invoke_result_t<Map&, const Row&>>
  Result<std::optional<T>> query_one(std::string_view sql, std::initializer_list<Param> params, Map map) {
    std::optional<T> first;
    auto done = query(sql, params, [&](const Row& row) {
      if (!first) first.emplace(map(row));
    });
    if (!done) return std::unexpected(std::move(done.error()));
    return first;
  }

  /// Every row as `map(row)`. The statement itself must bound how many there are.
  template <class Map, class T = std::invoke_result_t<Map&, const Row&>>
  Result<std::vector<T>> query_all(std::string_view sql, std::initializer_list<Param> params, Map map) {
    std::vector<T> all;
    auto done = query(sql, params, [&](const Row& row) { all.push_back(map(row)); });
    if (!done) return std::unexpected(std::move(done.error()));
    return all;
  }

 protected:
  ~Transaction() = default;
};

}  // namespace belfry::store
