// Which devices of this node are in calls, for the other nodes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "apps/health/shard_state.h"

namespace belfry::health {

/// A fact for each user whose device of a live call is on this node: others send signals there, and learn
/// that it has gone, with this node or without it. Owned by CallEvents; used at the home of calls only, where
/// there are no other nodes for nothing.
class CallFacts {
 public:
  struct Device {
    std::string call_id;
    std::string device;
    std::optional<WallMs> closed_at = {};  ///< and whether another takes over is not known yet
  };
  using Follow = std::function<void(const std::string& owner, const std::string& user_id,
                                    const std::optional<Device>& device)>;

  /// `follow` gets the same of the other nodes, on any shard.
  CallFacts(Context& context, const Follow& follow);

  void put(const std::string& user_id, const Device& device);
  /// The device has gone.
  void gone(const std::string& user_id, const std::string& device, calls::Loss loss);
  /// Another node says that the user's device is there now.
  void taken_elsewhere(const std::string& user_id);
  /// The call has ended: the others are to hear of that before they miss its devices.
  void ended(const calls::Call& call);

 private:
  void remove(const std::string& user_id);

  Context& context_;
  std::unordered_map<std::string, Device> devices_;  // by user
};

}  // namespace belfry::health
