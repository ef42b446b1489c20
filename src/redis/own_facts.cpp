#include "redis/own_facts.h"

#include <utility>

namespace belfry::redis {

bool OwnFacts::note(const std::string& field) {
  if (!begun_ || !is_pending_.insert(field).second) return false;
  pending_.push_back(field);
  return true;
}

bool OwnFacts::put(const std::string& field, std::string value) {
  const auto known = facts_.find(field);
  if (value.size() > options_.value_max_bytes ||
      (known == facts_.end() && facts_.size() >= options_.facts_max)) {
    ++refused_;
    return remove(field);  // rather none than an old one
  }
  if (known == facts_.end()) {
    facts_.emplace(field, std::move(value));
  } else {
    if (known->second == value) return false;
    known->second = std::move(value);
  }
  return note(field);
}

bool OwnFacts::remove(const std::string& field) {
  return facts_.erase(field) > 0 && note(field);
}

void OwnFacts::begin(Owner owner) {
  owner_ = std::move(owner);
  number_ = 0;
  full_ = false;
  begun_ = true;
  pending_.clear();
  is_pending_.clear();
  for (const auto& [field, value] : facts_) note(field);
}

void OwnFacts::pause() {
  begun_ = false;
  pending_.clear();
  is_pending_.clear();
}

FactsDelta OwnFacts::take() {
  FactsDelta delta{.owner = owner_, .number = ++number_};
  std::size_t bytes = 0;
  while (!pending_.empty() && delta.changes.size() < options_.batch_max_changes &&
         bytes < options_.batch_max_bytes) {
    std::string field = std::move(pending_.front());
    pending_.pop_front();
    is_pending_.erase(field);
    const auto fact = facts_.find(field);
    std::optional<std::string> value;
    if (fact != facts_.end()) value = fact->second;
    bytes += field.size() + (value ? value->size() : 0);
    delta.changes.emplace_back(std::move(field), std::move(value));
  }
  full_ = full_ || pending_.empty();
  delta.full = full_;
  return delta;
}

}  // namespace belfry::redis
