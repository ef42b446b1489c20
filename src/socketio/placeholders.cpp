#include "socketio/placeholders.h"

#include <algorithm>
#include <utility>

namespace belfry::socketio {

bool Placeholders::fill(Value& value) {
  if (value.is_object()) {
    const auto mark = value.find("_placeholder");
    if (mark != value.end() && mark->is_boolean() && mark->get<bool>()) {
      const auto num = value.find("num");
      if (num == value.end() || !num->is_number_unsigned()) return false;
      const auto index = num->get<std::size_t>();
      if (index >= attachments_.size() || used_[index]) return false;
      used_[index] = true;
      value = Value::binary(std::move(attachments_[index]));
      return true;
    }
  }
  if (!value.is_structured()) return true;
  return std::all_of(value.begin(), value.end(), [this](Value& item) { return fill(item); });
}

bool Placeholders::all_used() const {
  return std::find(used_.begin(), used_.end(), false) == used_.end();
}

Value payload_value(const Payload& payload) {
  Value data = Value::parse(payload.json, nullptr, /*allow_exceptions=*/false);
  std::vector<Binary> attachments;
  for (const auto& attachment : payload.attachments)
    attachments.emplace_back(attachment.begin(), attachment.end());
  if (!attachments.empty()) Placeholders(std::move(attachments)).fill(data);
  return data;
}

}  // namespace belfry::socketio
