// A small Redis for tests of the facts: keys with a time to live, sets, hashes and one channel, in memory,
// with a clock that the test moves.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "redis/facts_node.h"

namespace belfry::redis::testing {

inline Reply integer(std::int64_t number) {
  return {.kind = Reply::Kind::integer, .integer = number, .text = {}};
}
inline Reply text(std::string value) {
  return {.kind = Reply::Kind::text, .integer = 0, .text = std::move(value)};
}
inline Reply array(std::vector<Reply> items) {
  return {.kind = Reply::Kind::array, .integer = 0, .text = {}, .items = std::move(items)};
}

class FakeRedis {
 public:
  TimePoint now = TimePoint() + std::chrono::hours(1);
  std::vector<std::string> published;
  std::function<bool(const std::string& payload)> loses = [](const auto&) { return false; };
  std::vector<std::function<void(const std::string&)>> listeners;

  void wipe() {
    hashes_.clear();
    sets_.clear();
    expires_.clear();
    values_.clear();
  }

  Reply run(const Command& c) {
    forget_expired();
    const std::string& name = c[0];
    if (name == "PUBLISH") return publish(c[2]);
    if (name == "SET") return set(c);
    if (name == "PTTL") return integer(ttl(c[1]));
    if (name == "EXISTS") return integer(values_.contains(c[1]) ? 1 : 0);
    if (name == "PEXPIRE") {
      if (hashes_.contains(c[1])) expires_[c[1]] = now + milliseconds(std::stoll(c[2]));
      return integer(1);
    }
    if (name == "SADD") return integer(sets_[c[1]].insert(c[2]).second ? 1 : 0);
    if (name == "SREM") return integer(static_cast<std::int64_t>(sets_[c[1]].erase(c[2])));
    if (name == "SMEMBERS") {
      Reply all = array({});
      for (const std::string& one : sets_[c[1]]) all.items.push_back(text(one));
      return all;
    }
    if (name == "HSET") {
      for (std::size_t i = 2; i + 1 < c.size(); i += 2) hashes_[c[1]][c[i]] = c[i + 1];
      return integer(1);
    }
    if (name == "HDEL") {
      for (std::size_t i = 2; i < c.size(); ++i) hashes_[c[1]].erase(c[i]);
      return integer(1);
    }
    if (name == "HGETALL") {
      Reply all = array({});
      for (const auto& [field, value] : hashes_[c[1]]) {
        all.items.push_back(text(field));
        all.items.push_back(text(value));
      }
      return all;
    }
    for (std::size_t i = 1; i < c.size(); ++i) erase(c[i]);  // DEL
    return integer(1);
  }
  std::size_t keys() {
    forget_expired();
    return hashes_.size() + values_.size();
  }

 private:
  Reply publish(const std::string& payload) {
    published.push_back(payload);
    if (loses(payload)) return integer(0);
    for (const auto& hear : listeners) hear(payload);
    return integer(1);
  }
  Reply set(const Command& c) {
    const bool only_if_there = c[3] == "XX";
    if (only_if_there && !values_.contains(c[1])) return {};
    values_[c[1]] = c[2];
    expires_[c[1]] = now + milliseconds(std::stoll(c.back()));
    return text("OK");
  }
  std::int64_t ttl(const std::string& key) const {
    const auto found = expires_.find(key);
    return found == expires_.end() ? -2
                                   : std::chrono::duration_cast<milliseconds>(found->second - now).count();
  }
  void erase(const std::string& key) {
    hashes_.erase(key);
    values_.erase(key);
    expires_.erase(key);
  }
  void forget_expired() {
    std::vector<std::string> over;
    for (const auto& [key, at] : expires_) {
      if (at <= now) over.push_back(key);
    }
    for (const std::string& key : over) erase(key);
  }

  std::map<std::string, std::string> values_;
  std::map<std::string, std::map<std::string, std::string>> hashes_;
  std::map<std::string, std::set<std::string>> sets_;
  std::map<std::string, TimePoint> expires_;
};

class FakeClient final : public Client {
 public:
  explicit FakeClient(FakeRedis& redis) : redis_(redis) {}

  bool reachable = true;

  void send(Command command, OnReply done) override { send_all({std::move(command)}, false, one_of(done)); }
  void send_all(std::vector<Command> commands, bool, OnReply done) override {
    if (!reachable) {
      if (done) done(fail(ErrorKind::unavailable, "away"));
      return;
    }
    Reply all = array({});
    for (const Command& command : commands) all.items.push_back(redis_.run(command));
    if (done) done(std::move(all));
  }
  void listen(Listen, std::string name, OnPublished heard, std::function<void()> ready) override {
    redis_.listeners.push_back([this, name, heard](const std::string& payload) {
      if (reachable) heard({.subscribed = name, .channel = name, .payload = payload});
    });
    ready_ = std::move(ready);
  }
  void unlisten(Listen, const std::string&) override {}
  void count_listeners(Listen, const std::string&, std::function<void(Result<std::int64_t>)>) override {}
  void on_state(std::function<void(bool)> told) override {
    told_ = std::move(told);
    set_reachable(reachable);
  }
  ClientStats stats() const override { return {}; }
  void stop() override {}

  void set_reachable(bool up) {
    reachable = up;
    if (up) ready_();
    told_(up);
  }

 private:
  static OnReply one_of(OnReply done) {
    return [done = std::move(done)](Result<Reply> all) {
      if (done) done(all ? Result<Reply>(all->items[0]) : std::move(all));
    };
  }

  FakeRedis& redis_;
  std::function<void()> ready_;
  std::function<void(bool)> told_;
};

/// A node, and what it was told, as `+owner kind:key value` and `-owner kind:key`, with the owner's epoch
/// left out.
class FakeNode {
 public:
  FakeNode(FakeRedis& shared, std::string name)
      : redis(shared),
        client(shared),
        node(client, std::move(name), [this](auto task) { tasks.push_back(std::move(task)); },
             {.peers = {.fact =
                            [this](const std::string& owner, const std::string& field,
                                   const std::string* value) {
                              told.push_back((value ? "+" : "-") + owner.substr(0, owner.find(':')) + " " +
                                             field + (value ? " " + *value : ""));
                            },
                        .gone = [this](const std::string& name_of) { told.push_back("gone " + name_of); }},
              .anew = [this] { ++anew; },
              .known = [this](const std::set<std::string>& nodes) { known = nodes; }}) {
    node.start();
  }

  /// Does what is due. Whether there was something.
  bool turn() {
    bool busy = !tasks.empty();
    for (auto& task : std::exchange(tasks, {})) task(redis.now);
    if (const auto at = node.next_deadline(); at && *at <= redis.now) {
      node.on_time(redis.now);
      busy = true;
    }
    return busy;
  }
  std::vector<std::string> take() { return std::exchange(told, {}); }
  void put(const std::string& field, std::string value) { node.put(field, std::move(value), redis.now); }
  void remove(const std::string& field) { node.remove(field, redis.now); }

  FakeRedis& redis;
  std::deque<std::function<void(TimePoint)>> tasks;
  std::vector<std::string> told;
  int anew = 0;
  std::set<std::string> known;
  FakeClient client;
  FactsNode node;
};

/// Moves time on in small steps; those not named stand still, as if stopped.
inline void pass(FakeRedis& redis, milliseconds time, const std::vector<FakeNode*>& nodes) {
  constexpr milliseconds kStep{50};
  for (const TimePoint end = redis.now + time; redis.now < end; redis.now += kStep) {
    for (bool busy = true; busy;) {
      busy = false;
      for (FakeNode* node : nodes) busy = node->turn() || busy;
    }
  }
}

}  // namespace belfry::redis::testing
