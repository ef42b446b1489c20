// The server of the script for Socket.IO's clients, and an application on it that says what must hold.
#pragma once

#include <map>

#include "fuzz/fuzz.h"
#include "socketio/client.h"
#include "socketio/socket_core.h"
#include "socketio/testing.h"

namespace belfry::fuzz {

using namespace socketio;

inline constexpr int kShards = 2;
inline constexpr std::string_view kNames[] = {"/", "/slow", "/held", "/d1", "/d2", "/no", "/none"};
inline constexpr std::string_view kRooms[] = {"a", "b", "c"};

inline runtime::Shards& shards() {
  static runtime::Shards all(kShards, [](const std::exception& defect) { check(false, defect.what()); });
  return all;
}

/// The server, and what the application's handlers have seen.
class Site {
 public:
  explicit Site(FuzzedDataProvider& input)
      : input_(input), server_(shards(), engineio::testing::quick(), [this] { return now; }) {
    using namespace std::chrono_literals;
    server_.shared.options.connect_timeout = input_.ConsumeBool() ? 0ms : 3'600'000ms;
    set_limits(server_.shared.limits);
    if (input_.ConsumeBool()) set_recovery(server_.shared.options);
    ask_timeout_ = input_.ConsumeBool() ? 0ms : 3'600'000ms;
    for (const auto name : {"/", "/slow", "/held", "/no"}) {
      server_.shared.registry.fixed.push_back(define(name));
    }
    server_.shared.registry.dynamic.push_back(define("/d"));
  }

  /// In its next turn.
  static void on_shard(int shard, runtime::Task task) {
    shards().at(static_cast<unsigned>(shard)).post(std::move(task));
  }

  engineio::Engine& engine(int shard) { return *server_.engines[static_cast<std::size_t>(shard)]; }

  void turn(int shard) {
    shards().at(static_cast<unsigned>(shard)).turn();
    engine(shard).flush();
  }

  void operate() {
    const std::string nsp(input_.PickValueInArray(kNames));
    const Target target = any_target();
    const std::vector<std::string> rooms{room()};
    const auto answered = [this](const auto&) { ++answers_; };
    switch (input_.ConsumeIntegralInRange(0, 6)) {
      case 0:
        return server_.local.broadcast(nsp, make_payload("said", 1), target,
                                       {.is_volatile = input_.ConsumeBool()});
      case 1:
        return server_.local.join(nsp, target, rooms);
      case 2:
        return server_.local.leave(nsp, target, rooms);
      case 3:
        return server_.local.disconnect(nsp, target, input_.ConsumeBool());
      case 4:
        ++questions_;
        return server_.local.broadcast_with_ack(nsp, make_payload("asked"), target, {}, ask_timeout_,
                                                answered);
      case 5:
        ++questions_;
        return server_.local.fetch_sockets(nsp, target, answered);
      default:
        ++questions_;
        return server_.local.fetch_rooms(nsp, answered);
    }
  }

  /// Lets one of the middlewares that wait go on.
  void release() {
    if (held_.empty()) return;
    const auto next = held_.front();
    held_.erase(held_.begin());
    next(input_.ConsumeBool());
    if (input_.ConsumeBool()) next(true);  // a second time means nothing
  }

  void finish() {
    for (int i = 0; i < kShards; ++i) {
      on_shard(i, [this, i] { engine(i).close_all(engineio::CloseReason::server_shutdown); });
    }
    settle();
    now += std::chrono::minutes(1);
    for (int i = 0; i < kShards; ++i) on_shard(i, [this, i] { engine(i).tick(); });
    settle();
    // Who waits for its client is in rooms, and goes as if it were here.
    for (const auto name : kNames) server_.local.disconnect(std::string(name), {}, false);
    settle();
    for (int i = 0; i < kShards; ++i) {
      check(engine(i).size() == 0, "no session is left");
      for (const std::string_view name : kNames) {
        const LocalNamespace* nsp = server_.hubs[static_cast<std::size_t>(i)]->find(name);
        check(nsp == nullptr || (nsp->unused() && nsp->room_names().empty()),
              "no socket and no room is left");
        check(nsp == nullptr || !name.starts_with("/d") || recovers(), "nor a namespace of a pattern");
      }
    }
    check(server_.shared.clients.get() == 0, "no client is counted");
    check(alive_.empty(), "whoever came has gone");
    check(questions_ == answers_, "every question has its answer");
    if (recovers()) return;  // it forgets later what it has sent
    check(!discard_rest(), "no task and no timer is left");
  }

  /// Of the loops; destroys what is.
  static bool discard_rest() {
    bool left = false;
    for (unsigned i = 0; i < kShards; ++i) left = shards().at(i).discard() || left;
    return left;
  }

  /// A private id and an offset that clients have been told, or what is none.
  std::string session() {
    if (told_.empty() || input_.ConsumeIntegralInRange(0, 7) == 0) return R"({"pid":"abc","offset":"1"})";
    const auto& pid = told_[input_.ConsumeIntegralInRange<std::size_t>(0, told_.size() - 1)];
    std::string auth = R"({"pid":")" + pid + '"';
    if (!offsets_.empty() && input_.ConsumeBool()) {
      auth += R"(,"offset":")" +
              offsets_[input_.ConsumeIntegralInRange<std::size_t>(0, offsets_.size() - 1)] + '"';
    }
    return auth + "}";
  }

  /// A client has been sent that.
  void tell(std::string_view packets) {
    constexpr std::string_view kPid = R"("pid":")";
    if (const auto at = packets.find(kPid); at != packets.npos) {
      const auto pid = packets.substr(at + kPid.size());
      if (told_.size() < 4) told_.emplace_back(pid.substr(0, pid.find('"')));
    }
    const auto end = packets.rfind("\"]");
    const auto begin = end == packets.npos ? end : packets.rfind(",\"", end);
    if (begin != packets.npos && offsets_.size() < 8)
      offsets_.emplace_back(packets.substr(begin + 2, end - begin - 2));
  }

  TimePoint now{std::chrono::hours(1)};

 private:
  bool recovers() const { return server_.shared.options.recovery.has_value(); }

  void set_limits(Limits& limits) {
    limits.max_namespaces_per_client = 3;
    limits.max_waiting_events = 4;
    if (input_.ConsumeBool()) return;
    limits.max_rooms_per_socket = 2;
    limits.max_pending_acks = 1;
    limits.max_event_name_bytes = 6;
    limits.max_attachment_bytes = 3;
    if (input_.ConsumeBool()) limits.per_connection.messages = {0.001, 6};
    if (input_.ConsumeBool()) limits.per_socket.bytes = {1e9, 40};
    limits.max_throttled = input_.ConsumeBool() ? milliseconds(0) : milliseconds(3'600'000);
  }

  void set_recovery(HubOptions& options) {
    RecoveryOptions& recovery = options.recovery.emplace();
    recovery.skip_middlewares = input_.ConsumeBool();
    recovery.max_kept_replies = 2;
    if (input_.ConsumeBool()) return;
    if (input_.ConsumeBool()) recovery.max_disconnection = milliseconds(0);
    recovery.max_sessions = input_.ConsumeIntegralInRange<std::size_t>(0, 2);
    recovery.max_log_bytes = input_.ConsumeBool() ? 0 : 500;
    recovery.max_kept_reply_bytes = 10;
    options.max_missed_bytes = input_.ConsumeBool() ? 100 : 1'000;
    options.loss_notice = milliseconds(0);
  }

  void settle() {
    for (int round = 0; round < 6; ++round) {
      while (!held_.empty()) release();
      for (int i = 0; i < kShards; ++i) turn(i);
    }
  }

  std::string room() { return std::string(input_.PickValueInArray(kRooms)); }

  Target any_target() {
    Target target;
    if (input_.ConsumeBool()) target.rooms.push_back(room());
    if (input_.ConsumeBool()) target.except.push_back(room());
    if (!alive_.empty() && input_.ConsumeBool()) target.rooms.push_back(alive_.begin()->first);
    return target;
  }

  std::shared_ptr<NamespaceDef> define(std::string_view name) {
    auto def = std::make_shared<NamespaceDef>();
    if (name == "/d") {
      def->matches = [](std::string_view wanted, const Value&) { return wanted.starts_with("/d"); };
    } else {
      def->name = name;
    }
    if (name == "/slow")
      def->middlewares.push_back([this](const SocketPtr& socket, auto next) {
        socket->join("a");
        held_.push_back([next](bool go_on) { next(go_on ? std::nullopt : std::optional(Refusal{"no", 1})); });
      });
    if (name == "/no")
      def->middlewares.push_back([](const SocketPtr&, auto next) { next(Refusal{"no", nullptr}); });
    if (name == "/held")
      def->handlers.packet_middlewares.push_back(
          [this](const SocketPtr&, std::string_view, const Args&, auto next) {
            held_.push_back([next](bool go_on) {
              next(go_on ? std::nullopt : std::optional(Error{ErrorKind::forbidden, "no"}));
            });
          });
    def->connection.push_back([this](const SocketPtr& socket) {
      check(alive_.emplace(socket->id(), 0).second && socket->connected(), "a socket comes once");
    });
    def->handlers.any.push_back([this](const SocketPtr& socket, std::string_view, const Args&) {
      check(alive_.contains(socket->id()) && socket->connected(), "only who is there is heard");
    });
    def->handlers.disconnecting.push_back([this](const SocketPtr& socket, std::string_view) {
      check(alive_.contains(socket->id()), "whoever goes was there");
    });
    def->handlers.disconnect.push_back([this](const SocketPtr& socket, std::string_view) {
      check(alive_.erase(socket->id()) == 1 && !socket->connected(), "a socket goes once");
      check(recovers() || socket->rooms().empty(), "and leaves its rooms");
    });
    add_events(def->handlers);
    return def;
  }

  void add_events(Handlers& handlers) {
    const auto on = [&handlers](const char* name, EventHandler handler) {
      handlers.events[name].push_back(std::move(handler));
    };
    on("join", [this](const SocketPtr& socket, const Args&, const ReplyPtr&) { socket->join(room()); });
    on("leave", [this](const SocketPtr& socket, const Args&, const ReplyPtr&) { socket->leave(room()); });
    on("echo", [](const SocketPtr& socket, const Args& args, const ReplyPtr& reply) {
      socket->emit(make_payload("back", args), {});
      if (reply) reply->send(make_payload(args));
      if (reply) reply->send(make_payload("twice"));
    });
    on("ask", [this](const SocketPtr& socket, const Args&, const ReplyPtr&) {
      ++questions_;
      socket->emit_with_ack(make_payload("asked"), {}, ask_timeout_,
                            [this](const AckResult&) { ++answers_; });
    });
    on("tell", [this](const SocketPtr& socket, const Args&, const ReplyPtr&) {
      server_.local.broadcast(socket->nsp_name(), make_payload("told"), any_target(), {});
    });
    on("leave-me", [](const SocketPtr& socket, const Args&, const ReplyPtr&) { socket->disconnect(false); });
    on("close-me", [](const SocketPtr& socket, const Args&, const ReplyPtr&) { socket->disconnect(true); });
    on("drop-me", [](const SocketPtr& socket, const Args&, const ReplyPtr&) { socket->drop(); });
    on("own", [](const SocketPtr& socket, const Args&, const ReplyPtr&) {
      if (Handlers* own = socket->own_handlers()) {
        own->events["echo"].push_back([keep = socket](const SocketPtr&, const Args&, const ReplyPtr&) {});
      }
    });
    on("fail", [](const SocketPtr&, const Args&, const ReplyPtr&) { throw std::runtime_error("a defect"); });
  }

  FuzzedDataProvider& input_;
  testing::Site server_;
  milliseconds ask_timeout_{};
  std::map<std::string, int> alive_;  // by id
  std::vector<std::function<void(bool)>> held_;
  std::vector<std::string> told_;  // private ids
  std::vector<std::string> offsets_;
  int questions_ = 0;
  int answers_ = 0;
};

}  // namespace belfry::fuzz
