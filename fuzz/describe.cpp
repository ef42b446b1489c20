// Payloads as structs: what was read is written, and reads as the same.
#include "belfry/describe.h"

#include "fuzz/fuzz.h"

namespace belfry {
namespace {

struct Inner {
  std::uint8_t small = 0;
  std::optional<std::string> note;
  double number = 0;
  bool operator==(const Inner&) const = default;
};
constexpr auto describe(Type<Inner>) {
  return fields(field("s", &Inner::small), field("n", &Inner::note), field("d", &Inner::number));
}

struct Outer {
  std::string text;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  bool flag = false;
  std::vector<Inner> list;
  std::map<std::string, Inner> named;
  std::optional<Inner> one;
  Value any;
  bool operator==(const Outer&) const = default;
};
constexpr auto describe(Type<Outer>) {
  return fields(field("t", &Outer::text), field("i", &Outer::integer), field("u", &Outer::natural),
                field("b", &Outer::flag), field("l", &Outer::list), field("m", &Outer::named),
                field("o", &Outer::one), field("v", &Outer::any));
}

template <class T>
void read(const Value& value) {
  const auto read = from_value<T>(value);
  if (!read) {
    fuzz::check(read.error().kind == ErrorKind::invalid && !read.error().field.empty(),
                "an error names its field");
    return;
  }
  const auto again = from_value<T>(to_value(*read));
  fuzz::check(again && *again == *read, "what was written reads as the same");
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  const Value value = Value::parse(fuzz::text_of(data, size), nullptr, false);
  if (value.is_discarded()) return 0;
  read<Outer>(value);
  read<std::vector<std::optional<Inner>>>(value);
  read<std::int8_t>(value);
  read<std::uint64_t>(value);
  return 0;
}
