#include "apps/health/call_facts.h"

#include <utility>

namespace belfry::health {

namespace {

constexpr const char* kFact = "call";
// By then every node has heard that a call has ended.
constexpr milliseconds kAfterEnd{5'000};

}  // namespace

CallFacts::CallFacts(Context& context, const Follow& follow) : context_(context) {
  const auto heard = [this, follow](const std::string& owner, const std::string& user_id,
                                    const std::string* value) {
    if (value == nullptr) return follow(owner, user_id, std::nullopt);
    const Value json = Value::parse(*value, nullptr, false);
    if (!json.is_object() || !json.contains("callId") || !json["callId"].is_string() ||
        !json.contains("device") || !json["device"].is_string()) {
      return context_.log.warn("calls", "no fact", {{"owner", owner}});
    }
    Device device{.call_id = json["callId"].get<std::string>(), .device = json["device"].get<std::string>()};
    if (json.contains("closedAt") && json["closedAt"].is_number_integer()) {
      device.closed_at = json["closedAt"].get<WallMs>();
    }
    follow(owner, user_id, device);
  };
  context_.facts.watch(kFact, heard);
}

void CallFacts::put(const std::string& user_id, const Device& device) {
  if (!context_.facts.shared()) return;
  devices_.insert_or_assign(user_id, device);
  Value json = {{"callId", device.call_id}, {"device", device.device}};
  if (device.closed_at) json["closedAt"] = *device.closed_at;
  context_.facts.put(kFact, user_id, json.dump());
}

void CallFacts::gone(const std::string& user_id, const std::string& device, calls::Loss loss) {
  const auto known = devices_.find(user_id);
  if (known == devices_.end() || known->second.device != device) return;
  if (loss == calls::Loss::silent) return remove(user_id);
  put(user_id, {.call_id = std::string(known->second.call_id), .device = device, .closed_at = wall_now_ms()});
}

void CallFacts::taken_elsewhere(const std::string& user_id) {
  const auto known = devices_.find(user_id);
  if (known != devices_.end() && known->second.closed_at) remove(user_id);
}

void CallFacts::remove(const std::string& user_id) {
  devices_.erase(user_id);
  context_.facts.remove(kFact, user_id);
}

void CallFacts::ended(const calls::Call& call) {
  if (!context_.facts.shared()) return;
  for (const std::string& user : {call.caller_id, call.recipient_id}) {
    const auto known = devices_.find(user);
    if (known == devices_.end() || known->second.call_id != call.id) continue;
    context_.server.after(kAfterEnd, [this, user, id = call.id] {
      const auto left = devices_.find(user);
      if (left != devices_.end() && left->second.call_id == id) remove(user);
    });
  }
}

}  // namespace belfry::health
