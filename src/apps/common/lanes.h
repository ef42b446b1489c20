// Work that takes several steps, one after the other for each socket.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

namespace belfry::apps {

/// The lanes of one shard's sockets; belongs to that shard. Keeps a client's `join` before its `leave`
/// although both ask the store first. Bounded by `kMaxWaiting` a lane; the owner closes a lane when its
/// socket goes.
class Lanes {
 public:
  static constexpr std::size_t kMaxWaiting = 256;
  /// To be called once, on any thread: the next may begin.
  using Done = std::function<void()>;
  using Work = std::move_only_function<void(Done)>;

  /// Begins `work` when all that was put in the lane before is done; false: too much waits already.
  [[nodiscard]] bool put(const std::string& lane, Work work);
  /// Puts the last work of a lane, past the bound; it has none where nothing was put in the lane since it
  /// began.
  void close(const std::string& lane, Work last);
  std::size_t size() const { return lanes_.size(); }

 private:
  struct Lane {
    std::deque<Work> waiting;
    bool busy = false;
    bool closed = false;
  };

  void begin_next(const std::string& name);

  std::unordered_map<std::string, Lane> lanes_;
};

}  // namespace belfry::apps
