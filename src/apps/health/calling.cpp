#include "apps/health/calling.h"

#include <algorithm>
#include <array>
#include <utility>

#include "apps/common/json.h"
#include "apps/health/notices.h"
#include "auth/turn.h"

namespace belfry::health {

namespace {

constexpr std::size_t kReasonMax = 200;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> choices) {
  return std::ranges::find(choices, text) != choices.end();
}

}  // namespace

std::vector<std::string> issues_of(const Metrics& metrics, const QualityBounds& bounds) {
  std::vector<std::string> issues;
  const auto above = [&issues](const std::optional<double>& value, double bound, const char* name) {
    if (value && *value > bound) issues.emplace_back(name);
  };
  above(metrics.packet_loss, bounds.packet_loss, "packetLoss");
  above(metrics.jitter, bounds.jitter, "jitter");
  above(metrics.rtt, bounds.rtt, "rtt");
  if (metrics.bitrate && *metrics.bitrate < bounds.bitrate) issues.emplace_back("bitrate");
  return issues;
}

Value ice_servers(const IceOptions& options, const std::string& user_id, WallMs now) {
  Value servers = Value::array();
  if (!options.servers.empty()) servers.push_back({{"urls", options.servers}});
  if (!options.turn_urls.empty() && !options.turn_secret.empty()) {
    const auto made = auth::turn_credential(options.turn_secret, user_id, now, options.lifetime);
    servers.push_back(
        {{"urls", options.turn_urls}, {"username", made.username}, {"credential", made.credential}});
  }
  return servers;
}

Result<void> check_initiate(const InitiateInput& input, const Caller& caller) {
  if (!is_one_of(input.call_type, {"video", "audio"}))
    return fail_field("callType", "must be video or audio");
  if (input.recipient_id == caller.user_id) return fail_field("recipientId", "must be somebody else");
  return {};
}

Result<void> check_signal(const SignalInput& input) {
  if (!is_one_of(input.signal_type, {"offer", "answer", "ice-candidate"})) {
    return fail_field("signalType", "must be offer, answer or ice-candidate");
  }
  if (input.signal.is_null()) return std::unexpected(apps::is_required("signal"));
  return {};
}

Result<void> check_reject(const RejectInput& input) {
  if (!input.reason || input.reason->empty()) return {};
  return apps::check_text("reason", *input.reason, kReasonMax);
}

Result<calls::Call> initiate_call(store::Transaction& tx, const Caller& caller, const InitiateInput& input) {
  const auto visit = visit_for(tx, caller, input.visit_id);
  if (!visit) return std::unexpected(visit.error());
  if (!visit->has(input.recipient_id))
    return fail(ErrorKind::forbidden, "Access denied to this conversation");
  return calls::initiate(tx,
                         {.conversation_id = input.visit_id,
                          .caller_id = caller.user_id,
                          .recipient_id = input.recipient_id,
                          .call_type = input.call_type},
                         wall_now_ms());
}

Result<calls::Call> miss_call(store::Transaction& tx, const std::string& call_id, bool notify) {
  const WallMs now = wall_now_ms();
  auto call = calls::miss(tx, call_id, now);
  if (!call || !notify) return call;
  const auto made = notifications::notify(tx, kApp, call->recipient_id,
                                          {.type = "missed_call",
                                           .title = "Missed call",
                                           .message = "Somebody called while you were away",
                                           .data = {{"callId", call->id},
                                                    {"callerId", call->caller_id},
                                                    {"visitId", call->conversation_id},
                                                    {"callType", call->call_type}},
                                           .priority = "high"},
                                          now);
  if (!made) return std::unexpected(made.error());
  return call;
}

Value to_json(const calls::Call& call) {
  const auto time = [](const std::optional<WallMs>& at) {
    return at ? Value(iso_time(*at)) : Value(nullptr);
  };
  return {{"id", call.id},
          {"visitId", call.conversation_id},
          {"callerId", call.caller_id},
          {"recipientId", call.recipient_id},
          {"callType", call.call_type},
          {"state", calls::name_of(call.state)},
          {"startedAt", iso_time(call.started_at)},
          {"answeredAt", time(call.answered_at)},
          {"endedAt", time(call.ended_at)},
          {"duration", apps::json_or_null(call.duration())},
          {"reason", apps::json_or_null(call.reason)}};
}

}  // namespace belfry::health
