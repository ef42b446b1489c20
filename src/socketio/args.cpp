#include "belfry/args.h"

namespace belfry {

Value Args::at(std::size_t index) const {
  if (index >= size()) return nullptr;
  if (!is_text()) return values_[index];
  return Value::parse(json(index), nullptr, /*allow_exceptions=*/false);
}

std::vector<Value> Args::values() const {
  std::vector<Value> all;
  all.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) all.push_back(at(i));
  return all;
}

}  // namespace belfry
