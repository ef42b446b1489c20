// All servers of a Redis, as the client uses them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "redis/home.h"
#include "redis/request.h"
#include "redis/subscriber.h"

namespace belfry::redis {

/// What the kinds of Redis have in common. Belongs to the client, on its thread.
class Deployment {
 public:
  struct Events {
    std::function<void(const Subscription&)> confirmed;
    std::function<void(const Published&)> published;
    std::function<void(bool up)> changed;
  };
  using OnCount = std::function<void(Result<std::int64_t>)>;

  virtual ~Deployment() = default;
  virtual void start() = 0;
  /// Fails what waits and what was sent.
  virtual void stop() = 0;
  /// At the end of each turn: sends what the turn had to say.
  virtual void flush() = 0;

  virtual void send(Request request) = 0;
  virtual void subscribe(const Subscription& what) = 0;
  virtual void unsubscribe(const Subscription& what) = 0;
  virtual void count(Listen how, const std::string& channel, OnCount done) = 0;
};

/// `PUBSUB NUMSUB` or `SHARDNUMSUB` of one node.
Request count_request(Home& home, Listen how, const std::string& channel, Deployment::OnCount done);

/// One server, or the master that Sentinels name.
std::unique_ptr<Deployment> make_single(Home& home, Deployment::Events events);
std::unique_ptr<Deployment> make_cluster(Home& home, Deployment::Events events);

}  // namespace belfry::redis
