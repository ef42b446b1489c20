// Payloads as structs: described once, read from JSON with an error that names the field, written back as
// JSON.
//
//   struct Order { std::string item; int count = 0; std::optional<std::string> note; };
//   constexpr auto describe(belfry::Type<Order>) {
//     return belfry::fields(belfry::field("item", &Order::item), belfry::field("count", &Order::count),
//                           belfry::field("note", &Order::note));
//   }
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "belfry/result.h"
#include "belfry/value.h"

namespace belfry {

/// Names a struct to `describe`, which is found beside it (argument-dependent lookup).
template <class T>
struct Type {};

/// One field: its name in JSON and the member that holds it.
template <class Struct, class Member>
struct Field {
  std::string_view name;
  Member Struct::* member;
};

template <class Struct, class Member>
constexpr Field<Struct, Member> field(std::string_view name, Member Struct::* member) {
  return {name, member};
}

template <class... Fields>
constexpr std::tuple<Fields...> fields(Fields... all) {
  return {all...};
}

template <class T>
concept DescribedStruct = requires { describe(Type<T>{}); };

namespace detail {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsMap = false;
template <class T>
inline constexpr bool kIsMap<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool kNotSupported = false;

inline Result<void> expected(const std::string& path, std::string_view what) {
  return fail_field(path.empty() ? "payload" : path, "must be " + std::string(what));
}
inline std::string join_path(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

template <class T>
Result<void> read_value(const Value& value, T& out, const std::string& path);

template <std::integral T>
Result<void> read_integer(const Value& value, T& out, const std::string& path) {
  if (value.is_number_unsigned() && std::in_range<T>(value.get<std::uint64_t>())) {
    out = static_cast<T>(value.get<std::uint64_t>());
  } else if (value.is_number_integer() && !value.is_number_unsigned() &&
             std::in_range<T>(value.get<std::int64_t>())) {
    out = static_cast<T>(value.get<std::int64_t>());
  } else if (value.is_number()) {
    // JavaScript knows only doubles: 3.0 is an integer too.
    const double number = value.get<double>();
    constexpr double kExact = 9007199254740992.0;  // 2^53
    if (!(number >= -kExact && number <= kExact) ||
        number != static_cast<double>(static_cast<std::int64_t>(number)) ||
        !std::in_range<T>(static_cast<std::int64_t>(number))) {
      return expected(path, value.is_number_float() ? "an integer" : "an integer in range");
    }
    out = static_cast<T>(static_cast<std::int64_t>(number));
  } else {
    return expected(path, "an integer");
  }
  return {};
}

// `Struct` may be a base of `Out`: a struct that is made of others describes what they do.
template <class Out, class Struct, class Member>
Result<void> read_field(const Value& object, Out& out, const Field<Struct, Member>& field,
                        const std::string& path) {
  const auto it = object.find(field.name);
  const bool absent = it == object.end() || (it->is_null() && !std::is_same_v<Member, Value>);
  if (absent) {
    if constexpr (kIsOptional<Member>) {
      out.*field.member = std::nullopt;
      return {};
    } else if constexpr (std::is_same_v<Member, Value>) {
      out.*field.member = nullptr;
      return {};
    } else {
      return fail_field(join_path(path, field.name), "is required");
    }
  }
  return read_value(*it, out.*field.member, join_path(path, field.name));
}

template <class T>
Result<void> read_struct(const Value& value, T& out, const std::string& path) {
  if (!value.is_object()) return expected(path, "an object");
  Result<void> result;
  std::apply(
      [&](const auto&... field) {
        static_cast<void>(((result = read_field(value, out, field, path), result.has_value()) && ...));
      },
      describe(Type<T>{}));
  return result;
}

template <class T>
Result<void> read_vector(const Value& value, std::vector<T>& out, const std::string& path) {
  if (!value.is_array()) return expected(path, "an array");
  out.clear();
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    T item{};
    if (auto read = read_value(value[i], item, join_path(path, std::to_string(i))); !read) return read;
    out.push_back(std::move(item));
  }
  return {};
}

template <class T>
Result<void> read_map(const Value& value, std::map<std::string, T>& out, const std::string& path) {
  if (!value.is_object()) return expected(path, "an object");
  out.clear();
  for (const auto& [key, item] : value.items()) {
    if (auto read = read_value(item, out[key], join_path(path, key)); !read) return read;
  }
  return {};
}

template <class T>
Result<void> read_value(const Value& value, T& out, const std::string& path) {
  if constexpr (std::is_same_v<T, Value>) {
    out = value;
  } else if constexpr (kIsOptional<T>) {
    if (value.is_null()) {
      out = std::nullopt;
    } else {
      return read_value(value, out.emplace(), path);
    }
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value.is_string()) return expected(path, "a string");
    out = value.get_ref<const std::string&>();
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) return expected(path, "a boolean");
    out = value.get<bool>();
  } else if constexpr (std::integral<T>) {
    return read_integer(value, out, path);
  } else if constexpr (std::floating_point<T>) {
    if (!value.is_number()) return expected(path, "a number");
    out = value.get<T>();
  } else if constexpr (std::is_same_v<T, Binary>) {
    if (!value.is_binary()) return expected(path, "binary data");
    out = value.get_binary();
  } else if constexpr (kIsVector<T>) {
    return read_vector(value, out, path);
  } else if constexpr (kIsMap<T>) {
    return read_map(value, out, path);
  } else if constexpr (DescribedStruct<T>) {
    return read_struct(value, out, path);
  } else {
    static_assert(kNotSupported<T>, "describe this struct, or use a type that JSON has");
  }
  return {};
}

}  // namespace detail

/// Converts. Fails with `invalid` and the path of the first wrong field: `attachments.0.url: must be a
/// string`. Fields that the struct does not describe are ignored; optional ones may be absent or null.
template <class T>
Result<T> from_value(const Value& value) {
  T out{};
  if (auto read = detail::read_value(value, out, {}); !read) return std::unexpected(std::move(read.error()));
  return out;
}

/// Converts back. Absent optional fields are left out.
template <class T>
Value to_value(const T& in) {
  if constexpr (std::is_same_v<T, Binary>) {
    return Value::binary(in);
  } else if constexpr (detail::kIsOptional<T>) {
    return in ? to_value(*in) : Value(nullptr);
  } else if constexpr (detail::kIsVector<T>) {
    Value array = Value::array();
    for (const auto& item : in) array.push_back(to_value(item));
    return array;
  } else if constexpr (detail::kIsMap<T>) {
    Value object = Value::object();
    for (const auto& [key, item] : in) object[key] = to_value(item);
    return object;
  } else if constexpr (DescribedStruct<T>) {
    Value object = Value::object();
    std::apply(
        [&](const auto&... field) {
          [[maybe_unused]] const auto put = [&](std::string_view name, const auto& member) {
            if constexpr (detail::kIsOptional<std::decay_t<decltype(member)>>) {
              if (!member) return;
            }
            object[std::string(name)] = to_value(member);
          };
          (put(field.name, in.*field.member), ...);
        },
        describe(Type<T>{}));
    return object;
  } else {
    return Value(in);
  }
}

}  // namespace belfry
