#include "store/copy.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace belfry::store {

namespace {

struct Column {
  std::string name;
  bool is_integer = false;
  std::int64_t key_place = 0;  // in the primary key, from 1
  bool operator==(const Column&) const = default;
};
using Tables = std::map<std::string, std::vector<Column>>;

// A value on its way: owned, unlike a Param.
struct Cell {
  std::optional<std::int64_t> integer;
  std::optional<std::string> text;

  Param param() const { return integer ? Param(integer) : Param(text); }
};
using Cells = std::vector<Cell>;  // of one row after the other

bool holds_steps(const std::string& table) {
  return table == "schema_migrations" || table == "app_migrations";
}

Result<Tables> tables_of(Database& database) {
  Tables tables;
  auto done = database.run(database.columns_sql(), {}, [&](const Row& row) {
    tables[row.text(0)].push_back(
        {.name = row.text(1), .is_integer = row.integer(2) != 0, .key_place = row.integer(3)});
  });
  if (!done) return std::unexpected(std::move(done.error()));
  // The order of columns says nothing.
  for (auto& [name, columns] : tables) std::ranges::sort(columns, {}, &Column::name);
  return tables;
}

Result<std::string> steps_of(Database& database) {
  std::string steps;
  auto done = database.run(
      "SELECT '', max(number) FROM schema_migrations UNION ALL "
      "SELECT app, max(number) FROM app_migrations GROUP BY app ORDER BY 1",
      {}, [&](const Row& row) { steps += row.text(0) + " " + std::to_string(row.integer(1)) + ", "; });
  if (!done) return std::unexpected(std::move(done.error()));
  return steps;
}

Result<void> check_alike(Database& from, Database& to, const Tables& tables) {
  const auto others = tables_of(to);
  if (!others) return std::unexpected(others.error());
  const auto steps = steps_of(from);
  if (!steps) return std::unexpected(steps.error());
  const auto other_steps = steps_of(to);
  if (!other_steps) return std::unexpected(other_steps.error());
  if (*others == tables && *steps == *other_steps) return {};
  return fail(ErrorKind::conflict,
              "the two stores have not the same tables: bring both up to date with `belfry migrate` of one "
              "and the same program");
}

Result<void> check_empty(Database& database, const Tables& tables) {
  for (const auto& [name, columns] : tables) {
    if (holds_steps(name)) continue;
    bool found = false;
    auto done =
        database.run("SELECT 1 FROM " + name + " LIMIT 1", {}, [&found](const Row&) { found = true; });
    if (!done) return done;
    if (found) return fail(ErrorKind::conflict, "the store to copy into is not empty: it has " + name);
  }
  return {};
}

// Each table after those that it refers to.
Result<std::vector<std::string>> in_order(Database& database, const Tables& tables) {
  std::map<std::string, std::set<std::string>> needs;
  for (const auto& [name, columns] : tables) needs[name] = {};
  auto done = database.run(database.references_sql(), {}, [&](const Row& row) {
    if (row.text(0) != row.text(1)) needs[row.text(0)].insert(row.text(1));
  });
  if (!done) return std::unexpected(std::move(done.error()));
  std::vector<std::string> order;
  while (!needs.empty()) {
    const auto free = std::ranges::find_if(needs, [](const auto& entry) { return entry.second.empty(); });
    if (free == needs.end()) return fail(ErrorKind::internal, "tables refer to each other in a circle");
    order.push_back(free->first);
    needs.erase(free);
    for (auto& [name, of_table] : needs) of_table.erase(order.back());
  }
  std::erase_if(order, holds_steps);
  return order;
}

template <class Get>
std::string joined(std::size_t count, Get get) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) (text += i == 0 ? "" : ", ") += get(i);
  return text;
}

/// Reads one table in the order of its primary key, and writes what it has read.
class TableCopy {
 public:
  TableCopy(Database& from, Database& to, const std::string& name, const std::vector<Column>& columns)
      : from_(from), to_(to), name_(name), columns_(columns) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].key_place > 0) key_.push_back(i);
    }
    std::ranges::sort(key_, {}, [&columns](std::size_t i) { return columns[i].key_place; });
  }

  Result<std::int64_t> run(const CopyProgress& progress) {
    if (key_.empty()) return fail(ErrorKind::internal, "table " + name_ + " has no primary key");
    for (std::int64_t copied = 0;;) {
      auto done = read();
      if (done && !rows_.empty()) done = write();
      if (!done) return std::unexpected(std::move(done.error()));
      const auto count = static_cast<std::int64_t>(rows_.size() / columns_.size());
      copied += count;
      if (count > 0) progress(name_, copied);
      if (count < kCopyBatchRows) return copied;
    }
  }

 private:
  std::string key_names() const {
    return joined(key_.size(), [this](std::size_t i) { return columns_[key_[i]].name; });
  }

  // The next rows after the last that was read.
  Result<void> read() {
    std::vector<Cell> last;
    std::string after;
    if (!rows_.empty()) {
      for (const std::size_t i : key_) last.push_back(rows_[rows_.size() - columns_.size() + i]);
      after = " WHERE (" + key_names() + ") > (" +
              joined(key_.size(), [](std::size_t i) { return "$" + std::to_string(i + 1); }) + ")";
    }
    std::vector<Param> params;
    for (const Cell& cell : last) params.push_back(cell.param());
    rows_.clear();
    const std::string sql =
        "SELECT " + joined(columns_.size(), [this](std::size_t i) { return columns_[i].name; }) + " FROM " +
        name_ + after + " ORDER BY " + key_names() + " LIMIT " + std::to_string(kCopyBatchRows);
    return from_.run(sql, params, [this](const Row& row) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const int column = static_cast<int>(i);
        rows_.push_back(columns_[i].is_integer ? Cell{.integer = row.optional_integer(column), .text = {}}
                                               : Cell{.integer = {}, .text = row.optional_text(column)});
      }
    });
  }

  // Many rows a statement, so that it takes few round trips.
  Result<void> write() {
    constexpr std::size_t kRows = 50;
    for (std::size_t first = 0; first < rows_.size(); first += kRows * columns_.size()) {
      const std::size_t cells = std::min(kRows * columns_.size(), rows_.size() - first);
      std::vector<Param> params;
      for (std::size_t i = 0; i < cells; ++i) params.push_back(rows_[first + i].param());
      const auto values = [this](std::size_t row) {
        return "(" +
               joined(columns_.size(),
                      [this, row](std::size_t i) {
                        return "$" + std::to_string(row * columns_.size() + i + 1);
                      }) +
               ")";
      };
      const std::string sql = "INSERT INTO " + name_ + " (" +
                              joined(columns_.size(), [this](std::size_t i) { return columns_[i].name; }) +
                              ") VALUES " + joined(cells / columns_.size(), values);
      if (auto done = to_.run(sql, params); !done) return done;
    }
    return {};
  }

  Database& from_;
  Database& to_;
  const std::string& name_;
  const std::vector<Column>& columns_;
  std::vector<std::size_t> key_;  // places in `columns_`
  Cells rows_;                    // the last batch
};

Result<std::int64_t> copy_all(Database& from, Database& to, const CopyProgress& progress) {
  const auto tables = tables_of(from);
  if (!tables) return std::unexpected(tables.error());
  auto good = check_alike(from, to, *tables);
  if (good) good = check_empty(to, *tables);
  if (!good) return std::unexpected(good.error());
  const auto order = in_order(to, *tables);
  if (!order) return std::unexpected(order.error());
  std::int64_t all = 0;
  for (const std::string& name : *order) {
    const auto copied = TableCopy(from, to, name, tables->at(name)).run(progress);
    if (!copied) return copied;
    all += *copied;
  }
  return all;
}

}  // namespace

Result<std::int64_t> copy_store(Database& from, Database& to, const CopyProgress& progress) {
  if (auto begun = from.begin(Purpose::read); !begun) return std::unexpected(std::move(begun.error()));
  auto done = to.begin(Purpose::migrate);
  Result<std::int64_t> copied = 0;
  if (done) {
    copied = copy_all(from, to, progress);
    if (copied) done = to.commit();
  }
  from.roll_back();
  if (!done) copied = std::unexpected(done.error());
  if (!copied) to.roll_back();
  return copied;
}

}  // namespace belfry::store
