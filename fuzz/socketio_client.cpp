// Socket.IO over two shards, driven by a script: packets, emits, rooms, middlewares that wait, losses in any
// order. The loops of the shards turn when the script says so, all on one thread.
#include <map>

#include "core/base64.h"
#include "engineio/testing.h"
#include "fuzz/fuzz.h"
#include "socketio/client.h"
#include "socketio/socket_core.h"
#include "socketio/testing.h"

namespace belfry {
namespace {

using namespace socketio;
using engineio::testing::FakePoll;
using engineio::testing::FakeWebSocket;
using fuzz::check;

constexpr int kShards = 2;
constexpr std::string_view kNames[] = {"/", "/slow", "/held", "/d1", "/d2", "/no", "/none"};
constexpr std::string_view kRooms[] = {"a", "b", "c"};

runtime::Shards& shards() {
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
    server_.shared.options.max_namespaces_per_client = 3;
    server_.shared.options.max_waiting_events = 4;
    ask_timeout_ = input_.ConsumeBool() ? 0ms : 3'600'000ms;
    for (const auto name : {"/", "/slow", "/held", "/no"}) {
      server_.shared.registry.fixed.push_back(define(name));
    }
    server_.shared.registry.dynamic.push_back(define("/d"));
  }

  engineio::Engine& engine(int shard) { return *server_.engines[static_cast<std::size_t>(shard)]; }

  void turn(int shard) {
    uv_run(shards().at(static_cast<unsigned>(shard)).loop(), UV_RUN_NOWAIT);
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
    for (auto& engine : server_.engines) engine->close_all(engineio::CloseReason::server_shutdown);
    now += std::chrono::minutes(1);
    for (auto& engine : server_.engines) engine->tick();
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < kShards; ++i) turn(i);
      while (!held_.empty()) release();
    }
    for (int i = 0; i < kShards; ++i) {
      check(engine(i).size() == 0, "no session is left");
      for (const std::string_view name : kNames) {
        const LocalNamespace* nsp = server_.hubs[static_cast<std::size_t>(i)]->find(name);
        check(nsp == nullptr || (nsp->unused() && nsp->room_names().empty()),
              "no socket and no room is left");
        check(nsp == nullptr || !name.starts_with("/d"), "nor a namespace of a pattern");
      }
    }
    check(server_.shared.clients.get() == 0, "no client is counted");
    check(alive_.empty(), "whoever came has gone");
    check(questions_ == answers_, "every question has its answer");
    for (unsigned i = 0; i < kShards; ++i) check(!shards().at(i).discard(), "no task and no timer is left");
  }

  TimePoint now{std::chrono::hours(1)};

 private:
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
      check(socket->rooms().empty(), "and leaves its rooms");
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
  int questions_ = 0;
  int answers_ = 0;
};

std::shared_ptr<const engineio::Handshake> handshake() {
  static const auto first = std::make_shared<const engineio::Handshake>(
      "/?a=b", "127.0.0.1", false, 0, engineio::Handshake::Pairs{{"host", "a"}});
  return first;
}

/// A connection, over either transport.
class Peer {
 public:
  Peer(Site& site, FuzzedDataProvider& input)
      : site_(site), input_(input), shard_(input.ConsumeIntegralInRange(0, kShards - 1)) {
    if (input_.ConsumeBool()) {
      sid_ = site_.engine(shard_).open_websocket(handshake(), socket_).sid();
      over_socket_ = true;
    } else {
      FakePoll poll;
      sid_ = site_.engine(shard_).open_polling(handshake(), poll).sid();
    }
  }

  void step() {
    engineio::Session* session = site_.engine(shard_).find(sid_);
    if (session == nullptr) return;
    switch (input_.ConsumeIntegralInRange(0, 7)) {
      case 0:
        return lose(*session);
      case 1:
        return poll(*session);
      case 2:
        return send(*session, false, input_.ConsumeRandomLengthString(32));
      case 3:
        return send(*session, true, input_.ConsumeRandomLengthString(4));
      default:
        return send(*session, false, packet());
    }
  }

 private:
  std::string packet() {
    static constexpr std::string_view kEvents[] = {"join",     "leave",   "echo", "ask",  "tell", "leave-me",
                                                   "close-me", "drop-me", "own",  "fail", "none"};
    const std::string_view nsp = input_.PickValueInArray(kNames);
    const std::string name = nsp == "/" ? "" : std::string(nsp) + ",";
    const std::string id = input_.ConsumeBool() ? std::to_string(input_.ConsumeIntegralInRange(0, 9)) : "";
    switch (input_.ConsumeIntegralInRange(0, 5)) {
      case 0:
        return "0" + name;
      case 1:
        return "1" + name;
      case 2:
        return "3" + name + std::to_string(input_.ConsumeIntegralInRange(0, 9)) + "[]";
      case 3:
        return "51-" + name + id + R"(["echo",{"_placeholder":true,"num":0}])";
      default:
        return "2" + name + id + "[\"" + std::string(input_.PickValueInArray(kEvents)) + "\",1]";
    }
  }

  void send(engineio::Session& session, bool binary, const std::string& data) {
    if (over_socket_) return session.on_frame(socket_, binary, binary ? data : "4" + data);
    FakePoll post;
    if (!session.on_post_begin(post)) return;
    std::string body = binary ? "b" : "4" + data;
    if (binary) append_base64(body, data);
    session.on_post_body(post, body);
  }

  void poll(engineio::Session& session) {
    if (over_socket_) return;
    if (!poll_ || poll_->answered()) {
      polls_.push_back(std::make_unique<FakePoll>());
      poll_ = polls_.back().get();
      session.on_poll(*poll_);
    }
  }

  void lose(engineio::Session& session) {
    if (over_socket_) {
      session.on_websocket_closed(socket_, engineio::CloseReason::transport_close);
    } else if (poll_ && !poll_->answered()) {
      session.on_request_lost(*poll_);
    }
  }

  Site& site_;
  FuzzedDataProvider& input_;
  const int shard_;
  std::string sid_;
  FakeWebSocket socket_;
  std::vector<std::unique_ptr<FakePoll>> polls_;
  FakePoll* poll_ = nullptr;  // the last of them
  bool over_socket_ = false;
};

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  Site site(input);
  std::vector<std::unique_ptr<Peer>> peers;
  while (input.remaining_bytes() > 0) {
    const int what = input.ConsumeIntegralInRange(0, 15);
    if (what < kShards) {
      site.turn(what);
    } else if (what == 2) {
      site.operate();
    } else if (what == 3) {
      site.release();
    } else if (peers.size() < 3 && (what == 4 || peers.empty())) {
      peers.push_back(std::make_unique<Peer>(site, input));
    } else {
      peers[static_cast<std::size_t>(what) % peers.size()]->step();
    }
  }
  site.finish();
  return 0;
}
