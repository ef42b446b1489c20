// A Redis cluster: masters that share the slots, which move between them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "redis/deployment.h"
#include "redis/node.h"
#include "redis/slots.h"

namespace belfry::redis {

/// A node for each master. A command goes to the owner of its slot, and where it is sent on to from there,
/// five times at most; one without a key goes to any. A shard channel is subscribed to at the owner of its
/// slot, and follows it; other channels and patterns where they once were, while that master lasts. The map
/// of the slots is asked for at the start, where something shows that it has changed, and at each probe
/// interval. Up while all masters are.
class Cluster : public Deployment {
 public:
  Cluster(Home& home, Events events);

  void start() override;
  void stop() override;
  void flush() override;
  void send(Request request) override;
  void subscribe(const Subscription& what) override;
  void unsubscribe(const Subscription& what) override;
  void count(Listen how, const std::string& channel, OnCount done) override;

 private:
  struct Journey;

  Find known_in_turn();
  Node& node_at(const RedisAddress& address);
  const RedisAddress* owner_of(std::optional<std::uint16_t> slot) const;

  void go(const std::shared_ptr<Journey>& journey, const RedisAddress& to, bool asking);
  void on_replies(const std::shared_ptr<Journey>& journey, const RedisAddress& from, bool asking,
                  Result<std::vector<Reply>> replies);

  void refresh_soon();
  void refresh();
  void on_map(const Result<Reply>& reply);
  void retire_gone();
  void place_all();
  void place(const Subscription& what);
  void on_refused(const RedisAddress& by, const Subscription& what, const Error& why);
  void judge();

  Home& home_;
  const Events events_;
  std::optional<SlotMap> map_;
  std::map<RedisAddress, std::unique_ptr<Node>> nodes_;
  std::map<Subscription, std::optional<RedisAddress>> placed_;
  std::set<Subscription> refused_;  // by who is said to have their slots
  bool is_up_ = false;
  RedisAddress asked_at_;  // where `asked_` is connected to, or was
  int answers_ = 0;
  bool is_asking_ = false;
  bool is_soon_ = false;
  runtime::Timer refresh_timer_;
  Waiting waiting_;  // for the map
  Commands asked_;   // for the map, of any of the nodes
};

}  // namespace belfry::redis
