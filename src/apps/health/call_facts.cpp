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
    follow(owner, user_id, Device{json["callId"].get<std::string>(), json["device"].get<std::string>()});
  };
  context_.facts.watch(kFact, heard);
}

void CallFacts::put(const std::string& user_id, const Device& device) {
  if (!context_.facts.shared()) return;
  devices_.insert_or_assign(user_id, device);
  const Value json = {{"callId", device.call_id}, {"device", device.device}};
  context_.facts.put(kFact, user_id, json.dump());
}

void CallFacts::gone(const std::string& user_id, const std::string& device) {
  const auto known = devices_.find(user_id);
  if (known == devices_.end() || known->second.device != device) return;
  devices_.erase(known);
  context_.facts.remove(kFact, user_id);
}

void CallFacts::ended(const calls::Call& call) {
  if (!context_.facts.shared()) return;
  for (const std::string& user : {call.caller_id, call.recipient_id}) {
    const auto known = devices_.find(user);
    if (known == devices_.end() || known->second.call_id != call.id) continue;
    context_.server.after(kAfterEnd, [this, user, id = call.id] {
      const auto left = devices_.find(user);
      if (left != devices_.end() && left->second.call_id == id) gone(user, std::string(left->second.device));
    });
  }
}

}  // namespace belfry::health
