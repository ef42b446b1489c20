#include "core/event_forms.h"

#include <stdexcept>
#include <utility>

namespace belfry {

void EventForms::add(std::type_index type, std::string name, Form form) {
  form.name = std::move(name);
  const auto shared = std::make_shared<const Form>(std::move(form));
  const bool is_new = by_type_.emplace(type, shared).second && by_name_.emplace(shared->name, shared).second;
  if (!is_new) throw std::logic_error("an event has two forms: " + shared->name);
}

std::optional<EventText> EventForms::write(const Event& event) const {
  const auto found = by_type_.find(typeid(event));
  if (found == by_type_.end()) return std::nullopt;
  const Form& form = *found->second;
  return EventText{form.name, form.write(event).dump(-1, ' ', false, Value::error_handler_t::replace)};
}

Result<SharedEvent> EventForms::read(std::string_view type, std::string_view data) const {
  const auto found = by_name_.find(std::string(type));
  if (found == by_name_.end()) return fail(ErrorKind::not_found, "no such type of event");
  const Value value = Value::parse(data, nullptr, false);
  if (value.is_discarded()) return fail(ErrorKind::malformed, "no JSON");
  return found->second->read(value);
}

}  // namespace belfry
