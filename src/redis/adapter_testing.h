// What tests of adapters stand on: a Redis in this process, and servers without clients that it joins.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "belfry/adapter.h"
#include "redis/client.h"
#include "redis/cluster_adapter.h"
#include "runtime/guarded.h"
#include "runtime/shards.h"

namespace belfry::redis::testing {

inline constexpr std::chrono::seconds kLimit{20};

/// Channels, patterns and shard channels as Redis has them. One thread delivers everything, in order. `hears`
/// decides what is delivered: what it refuses is lost.
class Hub {
 public:
  Hub() { shards_.start(); }
  ~Hub() { shards_.stop(); }

  struct Ear {
    const void* owner;
    Listen how;
    std::string name;
    OnPublished on_published;
  };

  /// Runs on the hub's thread, after all that was asked before.
  void run(runtime::Task task) { shards_.at(0).post(std::move(task)); }
  /// Waits until everything that was asked before has been done.
  void settle() {
    std::promise<void> done;
    run([&done] { done.set_value(); });
    if (done.get_future().wait_for(kLimit) != std::future_status::ready) std::abort();
  }

  // On its thread:
  std::vector<Ear> ears;
  std::function<bool(const std::string& channel, const std::string& payload)> hears;
  std::vector<std::pair<std::string, std::string>> published;

  void publish(Listen how, const std::string& channel, const std::string& payload) {
    published.emplace_back(channel, payload);
    if (hears && !hears(channel, payload)) return;
    for (const Ear& ear : std::vector<Ear>(ears)) {
      const bool is_meant = ear.how == Listen::pattern ? how != Listen::shard && matches(ear.name, channel)
                                                       : ear.how == how && ear.name == channel;
      if (is_meant) ear.on_published({ear.how, ear.name, channel, payload});
    }
  }
  std::int64_t count(Listen how, const std::string& channel) const {
    return std::ranges::count_if(ears, [&](const Ear& ear) { return ear.how == how && ear.name == channel; });
  }

 private:
  // A name that is escaped, and a star at its end.
  static bool matches(const std::string& pattern, const std::string& channel) {
    std::string prefix;
    for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
      if (pattern[i] == '\\') ++i;
      prefix += pattern[i];
    }
    return channel.starts_with(prefix);
  }

  runtime::Shards shards_{1};
};

/// A client of the hub. `away`: nothing reaches it and it reaches nothing.
class HubClient : public Client {
 public:
  explicit HubClient(Hub& hub) : hub_(hub) {}
  ~HubClient() override { stop(); }

  void send(Command command, OnReply done) override {
    hub_.run([this, command = std::move(command), done = std::move(done)] {
      if (away_) {
        if (done) done(fail(ErrorKind::unavailable, "the hub is away"));
        return;
      }
      const Listen how = command.at(0) == "SPUBLISH" ? Listen::shard : Listen::channel;
      hub_.publish(how, command.at(1), command.at(2));
      if (done) done(Reply());
    });
  }
  void send_all(std::vector<Command> commands, bool, OnReply done) override {
    for (Command& command : commands) send(std::move(command), nullptr);
    hub_.run([done = std::move(done)] { done(Reply{}); });
  }
  void listen(Listen how, std::string name, OnPublished on_published, std::function<void()> ready) override {
    hub_.run([this, how, name = std::move(name), on_published = std::move(on_published), ready] {
      forget(how, name);
      hub_.ears.push_back({this, how, name, on_published});
      if (ready) ready();
    });
  }
  void unlisten(Listen how, const std::string& name) override {
    hub_.run([this, how, name] { forget(how, name); });
  }
  void count_listeners(Listen how, const std::string& channel,
                       std::function<void(Result<std::int64_t>)> done) override {
    hub_.run([this, how, channel, done = std::move(done)] {
      if (away_) return done(fail(ErrorKind::unavailable, "the hub is away"));
      done(hub_.count(how, channel));
    });
  }
  void on_state(std::function<void(bool up)> told) override {
    hub_.run([this, told = std::move(told)] {
      told_ = told;
      told_(true);
    });
  }
  ClientStats stats() const override { return {}; }
  void stop() override {
    hub_.run([this] { std::erase_if(hub_.ears, [this](const Hub::Ear& ear) { return ear.owner == this; }); });
    hub_.settle();
  }
  void set_away(bool away) {
    hub_.run([this, away] {
      away_ = away;
      told_(!away);
    });
    hub_.settle();
  }

 private:
  void forget(Listen how, const std::string& name) {
    std::erase_if(hub_.ears, [&](const Hub::Ear& ear) {
      return ear.owner == this && ear.how == how && ear.name == name;
    });
  }

  Hub& hub_;
  bool away_ = false;  // these two on the hub's thread
  std::function<void(bool)> told_;
};

/// The sockets of a server as a table: what is done to them is noted, in order. On one shard's thread.
class TableOfSockets : public LocalOperations {
 public:
  explicit TableOfSockets(runtime::Shards& shards) : shards_(shards) {}

  std::vector<RemoteSocket> sockets;
  std::vector<std::string> done;
  AckResult answer = Args(std::vector<Value>{"yes"});

  void broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                 EmitFlags flags) override {
    note("emit " + nsp + " " + payload.json + attachments(payload) + text(target) + text(flags));
  }
  void broadcast_with_ack(const std::string&, const Payload&, const Target&, EmitFlags,
                          std::chrono::milliseconds, std::function<void(std::vector<AckOutcome>)>) override {}
  void broadcast_asking(const std::string& nsp, const Payload& payload, const Target& target, EmitFlags,
                        std::chrono::milliseconds, std::function<void(std::size_t)> asked,
                        std::function<void(AckOutcome)> answered) override {
    shards_.post_to(0, [=, this] {
      note("ask " + nsp + " " + payload.json + text(target));
      const auto meant = select(target);
      asked(meant.size());
      for (const RemoteSocket& socket : meant) answered({socket.id, answer});
    });
  }
  void fetch_sockets(const std::string&, const Target& target,
                     std::function<void(std::vector<RemoteSocket>)> given) override {
    shards_.post_to(0, [this, target, given] { given(select(target)); });
  }
  void count_sockets(const std::string&, const Target& target,
                     std::function<void(std::size_t)> given) override {
    shards_.post_to(0, [this, target, given] { given(select(target).size()); });
  }
  void fetch_rooms(const std::string&, std::function<void(std::vector<std::string>)>) override {}
  void join(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) override {
    note("join " + nsp + text(target) + list(rooms));
  }
  void leave(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) override {
    note("leave " + nsp + text(target) + list(rooms));
  }
  void disconnect(const std::string& nsp, const Target& target, bool close) override {
    note("disconnect " + nsp + text(target) + (close ? " close" : ""));
  }
  void broadcast_entry(const std::string& nsp, const Payload& payload, const Target& target,
                       const EmitFlags& flags, std::uint64_t entry) override {
    note("entry " + std::to_string(entry) + " " + nsp + " " + payload.json + text(target) + text(flags));
  }
  void passed(const std::string& nsp, std::uint64_t entry) override {
    note("passed " + nsp + " " + std::to_string(entry));
  }

 private:
  std::vector<RemoteSocket> select(const Target& target) const {
    std::vector<RemoteSocket> meant;
    const auto is_in = [](const RemoteSocket& socket, const std::vector<std::string>& rooms) {
      return std::ranges::any_of(socket.rooms,
                                 [&](const auto& room) { return std::ranges::count(rooms, room) > 0; });
    };
    for (const RemoteSocket& socket : sockets) {
      if ((target.rooms.empty() || is_in(socket, target.rooms)) && !is_in(socket, target.except)) {
        meant.push_back(socket);
      }
    }
    return meant;
  }
  void note(std::string what) {
    shards_.at(0).run_or_post([this, what = std::move(what)] { done.push_back(what); });
  }
  static std::string list(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += " " + name;
    return text;
  }
  static std::string attachments(const Payload& payload) {
    std::string text;
    for (const auto& bytes : payload.attachments) text += " +" + bytes;
    return text;
  }
  static std::string text(const Target& target) {
    return " in" + list(target.rooms) + (target.except.empty() ? "" : " but" + list(target.except));
  }
  static std::string text(const EmitFlags& flags) {
    return std::string(flags.is_volatile ? " volatile" : "") + (flags.compress ? "" : " plain") +
           (flags.key.empty() ? "" : " key=" + flags.key);
  }

  runtime::Shards& shards_;
};

/// A server of the cluster.
class Node {
 public:
  Node(Hub& hub, const RedisAdapterOptions& options, const MakeWire& make_wire)
      : hub_(hub), client(std::make_shared<HubClient>(hub)) {
    shards.start();
    const auto on_server_event = [this](const std::string& nsp, std::string_view event, const Args& args,
                                        const std::function<void(Payload)>& answer) {
      local.done.push_back("server event " + nsp + " " + std::string(event) + " " +
                           Value(args.values()).dump());
      if (event == "twice") answer(make_payload("once"));
      if (event != "mute") answer(make_payload(name));
    };
    adapter = std::make_unique<ClusterAdapter>(client, AdapterContext{local, on_server_event, shards, log},
                                               options, make_wire);
    adapter->on_namespace("/", true);
    hub_.settle();
  }
  ~Node() {
    shards.stop();
    adapter.reset();
  }

  /// Calls on shard 0 and returns what it is given by `done`, or throws.
  template <class T, class Call>
  T ask(Call call) {
    const auto given = std::make_shared<std::promise<T>>();
    shards.post_to(
        0, [call, given, this] { call(*adapter, [given](T value) { given->set_value(std::move(value)); }); });
    auto future = given->get_future();
    if (future.wait_for(kLimit) != std::future_status::ready) std::abort();
    return future.get();
  }
  /// What has been done to its sockets, once all that is under way has come.
  std::vector<std::string> done() {
    hub_.settle();
    return ask<std::vector<std::string>>(
        [this](Adapter&, auto give) { give(std::exchange(local.done, {})); });
  }
  void add_socket(const RemoteSocket& socket) {
    local.sockets.push_back(socket);
    for (const auto& room : socket.rooms) adapter->on_room("/", room, true);
    hub_.settle();
  }

 private:
  Hub& hub_;

 public:
  std::string name = "node";
  runtime::Shards shards{1};
  Log log;
  TableOfSockets local{shards};
  std::shared_ptr<HubClient> client;
  std::unique_ptr<ClusterAdapter> adapter;
};

}  // namespace belfry::redis::testing
