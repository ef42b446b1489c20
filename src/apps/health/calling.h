// Calls of a visit: what clients send, who may call whom, and what a device needs to connect.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "apps/health/visits.h"
#include "belfry/describe.h"
#include "core/event.h"
#include "services/calls/calls.h"
#include "store/transaction.h"

namespace belfry::health {

struct InitiateInput {
  std::string recipient_id;
  std::string visit_id;
  std::string call_type;
};
constexpr auto describe(Type<InitiateInput>) {
  return fields(field("recipientId", &InitiateInput::recipient_id),
                field("visitId", &InitiateInput::visit_id), field("callType", &InitiateInput::call_type));
}

struct CallInput {
  std::string call_id;
};
constexpr auto describe(Type<CallInput>) {
  return fields(field("callId", &CallInput::call_id));
}

struct RejectInput : CallInput {
  std::optional<std::string> reason;
};
constexpr auto describe(Type<RejectInput>) {
  return std::tuple_cat(describe(Type<CallInput>{}), fields(field("reason", &RejectInput::reason)));
}

/// The duration is the client's; the server counts its own.
struct EndInput : CallInput {
  std::optional<double> duration;
};
constexpr auto describe(Type<EndInput>) {
  return std::tuple_cat(describe(Type<CallInput>{}), fields(field("duration", &EndInput::duration)));
}

struct SignalInput : CallInput {
  std::string recipient_id;
  Value signal;
  std::string signal_type;
};
constexpr auto describe(Type<SignalInput>) {
  return std::tuple_cat(describe(Type<CallInput>{}), fields(field("recipientId", &SignalInput::recipient_id),
                                                            field("signal", &SignalInput::signal),
                                                            field("signalType", &SignalInput::signal_type)));
}

/// Percent, ms, ms, kbit/s.
struct Metrics {
  std::optional<double> packet_loss;
  std::optional<double> jitter;
  std::optional<double> rtt;
  std::optional<double> bitrate;
};
constexpr auto describe(Type<Metrics>) {
  return fields(field("packetLoss", &Metrics::packet_loss), field("jitter", &Metrics::jitter),
                field("rtt", &Metrics::rtt), field("bitrate", &Metrics::bitrate));
}

struct QualityInput : CallInput {
  Metrics metrics;
};
constexpr auto describe(Type<QualityInput>) {
  return std::tuple_cat(describe(Type<CallInput>{}), fields(field("metrics", &QualityInput::metrics)));
}

/// Past these a call is bad; units as in Metrics.
struct QualityBounds {
  double packet_loss = 5;
  double jitter = 30;
  double rtt = 300;
  double bitrate = 100;  ///< below it
};
/// The names of the metrics that pass their bounds.
std::vector<std::string> issues_of(const Metrics& metrics, const QualityBounds& bounds);

/// Where devices that cannot reach each other meet.
struct IceOptions {
  std::vector<std::string> servers;    ///< URLs that need no credentials: `stun:…`
  std::vector<std::string> turn_urls;  ///< `turn:…`, `turns:…`; used with a secret only
  std::string turn_secret;
  std::chrono::seconds lifetime{3'600};
};
/// As `RTCConfiguration.iceServers` has them, for one user.
Value ice_servers(const IceOptions& options, const std::string& user_id, WallMs now);

Result<void> check_initiate(const InitiateInput& input, const Caller& caller);
Result<void> check_signal(const SignalInput& input);
Result<void> check_reject(const RejectInput& input);

/// Begins a call between two who share the visit. Inside a unit of work with the key of calls.
Result<calls::Call> initiate_call(store::Transaction& tx, const Caller& caller, const InitiateInput& input);
/// Notes that nobody answered; with `notify`, for the recipient to find when they come back.
Result<calls::Call> miss_call(store::Transaction& tx, const std::string& call_id, bool notify);

/// Told where there are other nodes: a call has begun, or its state has changed.
struct CallChanged : Event {
  calls::Call call;
  std::string state;   ///< of the call
  std::string by;      ///< who ended it; may be empty
  std::string device;  ///< that began, accepted or rejected it; may be empty
  std::string node;    ///< whose unit of work it was
};
constexpr auto describe(Type<CallChanged>) {
  return fields(field("call", &CallChanged::call), field("state", &CallChanged::state),
                field("by", &CallChanged::by), field("device", &CallChanged::device),
                field("node", &CallChanged::node));
}

/// As a call is kept.
Value to_json(const calls::Call& call);

}  // namespace belfry::health
