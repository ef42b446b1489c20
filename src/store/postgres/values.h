// What PostgreSQL takes and gives: parameters and rows.
#pragma once

#include <fmt/format.h>
#include <libpq-fe.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/transaction.h"

namespace belfry::store {

/// A row of a result, which outlives it.
class PostgresRow final : public Row {
 public:
  PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}
  bool is_null(int column) const override { return PQgetisnull(result_, row_, column) == 1; }
  std::int64_t integer(int column) const override {
    const std::string_view value = view(column);
    if (value == "t") return 1;
    std::int64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    return number;
  }
  double real(int column) const override { return std::strtod(PQgetvalue(result_, row_, column), nullptr); }
  std::string text(int column) const override { return std::string(view(column)); }

 private:
  std::string_view view(int column) const {
    return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }

  const PGresult* result_;
  int row_;
};

/// Parameters as PostgreSQL takes them: in text, of the type that it finds fit.
struct TextParams {
  std::vector<std::optional<std::string>> texts;
  std::vector<const char*> values;
  std::vector<int> lengths;

  /// False: one holds a character that a C string cannot.
  bool add(const Param& param) {
    if (const auto* text = std::get_if<std::string_view>(&param.value())) {
      texts.emplace_back(*text);
      return !text->contains('\0');
    }
    if (const auto* integer = std::get_if<std::int64_t>(&param.value())) {
      texts.emplace_back(std::to_string(*integer));
    } else if (const auto* real = std::get_if<double>(&param.value())) {
      texts.emplace_back(fmt::format("{}", *real));
    } else {
      texts.emplace_back(std::nullopt);
    }
    return true;
  }
  void point() {
    for (const auto& text : texts) {
      values.push_back(text ? text->c_str() : nullptr);
      lengths.push_back(text ? static_cast<int>(text->size()) : 0);
    }
  }
};

}  // namespace belfry::store
