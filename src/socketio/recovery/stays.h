// In which rooms a socket was, and when.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "socketio/recovery/log.h"

namespace belfry::socketio {

/// Belongs to one session. Bounded: the stays that ended first are forgotten.
class Stays {
 public:
  static constexpr LogPosition kNever = std::numeric_limits<LogPosition>::max();

  /// In a room: from `since` to before `until`.
  struct Stay {
    std::string room;
    LogPosition since = 0;
    LogPosition until = kNever;
  };

  explicit Stays(std::string id) : id_(std::move(id)) {}
  /// As they were elsewhere.
  Stays(std::string id, std::vector<Stay> stays, LogPosition known_from)
      : id_(std::move(id)), stays_(std::move(stays)), known_from_(known_from) {}

  /// Of the socket, which is a room that it never leaves.
  const std::string& id() const { return id_; }
  const std::vector<Stay>& all() const { return stays_; }
  /// Of what was before, some has been forgotten.
  LogPosition known_from() const { return known_from_; }
  /// That it is in now, but for its id.
  std::vector<std::string> rooms() const;

  void on_join(std::string_view room, LogPosition now);
  void on_leave(std::string_view room, LogPosition now);
  /// What it is taken to be in is wrong since that position: it has been in the room, or it has not.
  void correct(std::string_view room, bool is_in, LogPosition since);

  /// Whether what stands at that position of the log was for it.
  bool was_meant(const Target& target, LogPosition at) const;

 private:
  static constexpr std::size_t kMaxEnded = 1'000;

  bool was_in(std::string_view room, LogPosition at) const;

  std::string id_;
  std::vector<Stay> stays_;
  LogPosition known_from_ = 0;
};

}  // namespace belfry::socketio
