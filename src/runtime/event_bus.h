// How services tell what happened to whoever wants to know, without knowing them.
#pragma once

#include <functional>
#include <memory>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/event.h"

namespace belfry::runtime {

/// Subscriptions are made while the program is wired, on one thread; from then on it is constant, and any
/// thread may publish. Handlers run on the publisher's thread, in the order of the subscriptions, and must
/// not block: they post.
class EventBus {
 public:
  /// Events of exactly type `E`.
  template <class E>
  void subscribe(std::function<void(const std::shared_ptr<const E>&)> handler) {
    handlers_[typeid(E)].push_back([handler = std::move(handler)](const SharedEvent& event) {
      handler(std::static_pointer_cast<const E>(event));
    });
  }

  void publish(const SharedEvent& event) const {
    const Event& told = *event;
    const auto found = handlers_.find(typeid(told));
    if (found == handlers_.end()) return;
    for (const auto& handler : found->second) handler(event);
  }

 private:
  std::unordered_map<std::type_index, std::vector<std::function<void(const SharedEvent&)>>> handlers_;
};

}  // namespace belfry::runtime
