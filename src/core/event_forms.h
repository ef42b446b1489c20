// How events are written for other nodes, and read back.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>

#include "belfry/describe.h"
#include "core/event.h"

namespace belfry {

/// An event as it is kept for other nodes.
struct EventText {
  std::string type;
  std::string data;  ///< JSON

  bool operator==(const EventText&) const = default;
};

/// The events that other nodes hear of, by names that stay the same from version to version. Filled while the
/// program is wired, on one thread; from then on it is constant, and any thread may use it.
class EventForms {
 public:
  /// Events of exactly type `E`, which is described (`belfry/describe.h`) and holds no binary data. Names and
  /// types are used once: another use is a defect, and throws.
  template <class E>
    requires std::derived_from<E, Event> && std::default_initializable<E> && DescribedStruct<E>
  void add(std::string name) {
    add(typeid(E), std::move(name),
        {.write = [](const Event& event) { return to_value(static_cast<const E&>(event)); },
         .read = [](const Value& value) -> Result<SharedEvent> {
           auto event = from_value<E>(value);
           if (!event) return std::unexpected(std::move(event.error()));
           return std::make_shared<const E>(std::move(*event));
         }});
  }

  /// Nothing where it has no form.
  std::optional<EventText> write(const Event& event) const;
  /// Fails with `not_found` where the type is not known here, `malformed` where the data are no JSON, and
  /// `invalid` where they are not that type's: another version wrote it.
  Result<SharedEvent> read(std::string_view type, std::string_view data) const;

 private:
  struct Form {
    std::string name = {};
    std::function<Value(const Event&)> write;
    std::function<Result<SharedEvent>(const Value&)> read;
  };
  void add(std::type_index type, std::string name, Form form);

  std::unordered_map<std::type_index, std::shared_ptr<const Form>> by_type_;
  std::unordered_map<std::string, std::shared_ptr<const Form>> by_name_;
};

}  // namespace belfry
