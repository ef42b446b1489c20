// How a session goes from the shard that has it to the shard of its client's new connection.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "socketio/recovery/sessions.h"

namespace belfry::socketio {

class Hub;

// All are called on the hub's shard, and call back there, once.

/// Finds the session, wherever it is, and claims it: its older connection ends.
void claim_session(Hub& hub, const std::string& nsp, const Claim& claim,
                   std::function<void(std::optional<ClaimedSession>)> done);
/// Takes what was claimed. Every event that this shard had handled before the call is in the handover, or was
/// not for the session; what it handles from now on may be in the handover, or may not.
void take_session(Hub& hub, const std::string& nsp, const Claim& claim, unsigned from,
                  std::function<void(std::optional<Handover>)> done);
/// Lets go of what was claimed: it waits again, or (not `keep`) is over.
void release_session(Hub& hub, const std::string& nsp, const Claim& claim, unsigned from, bool keep);

/// Ends the connection that a session of a client still has on this server, if any.
void fence_session(Hub& hub, const std::string& nsp, const std::string& pid, std::function<void()> done);

/// An answer to an event that came over a connection before: for the session, wherever it is now.
void forward_answer(Hub& hub, const std::string& nsp, const std::string& id, std::uint64_t ack_id,
                    const Payload& payload);

}  // namespace belfry::socketio
