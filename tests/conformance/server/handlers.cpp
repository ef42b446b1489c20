#include "handlers.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <regex>
#include <thread>

#include "cluster.h"

namespace conformance {

using belfry::Ack;
using belfry::Args;
using belfry::Namespace;
using belfry::Socket;
using belfry::Value;

DisconnectLog::DisconnectLog() : entries_(kRemembered) {}

void DisconnectLog::add(std::string_view socket_id, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(known_reasons_, reason);
  entries_[added_++ % kRemembered] = {std::hash<std::string_view>{}(socket_id),
                                      static_cast<std::size_t>(known - known_reasons_.begin())};
  if (known == known_reasons_.end()) known_reasons_.emplace_back(reason);
}

std::vector<std::string> DisconnectLog::reasons(std::string_view socket_id) const {
  const std::lock_guard lock(mutex_);
  const std::size_t wanted = std::hash<std::string_view>{}(socket_id);
  std::vector<std::string> found;
  for (std::size_t i = added_ - std::min(added_, kRemembered); i < added_; ++i) {
    const Entry& entry = entries_[i % kRemembered];
    if (entry.socket == wanted) found.push_back(known_reasons_[entry.reason]);
  }
  return found;
}

std::vector<Value> rest(const Args& args, std::size_t first) {
  auto values = args.values();
  values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(std::min(first, values.size())));
  return values;
}

belfry::Payload payload_of(std::string_view event, const std::vector<Value>& values) {
  belfry::Payload payload;
  belfry::PayloadWriter writer(payload);
  writer.add(event);
  for (const Value& value : values) writer.add(value);
  writer.finish();
  return payload;
}

std::string text_at(const Args& args, std::size_t index) {
  return args.get<std::string>(index).value_or("");
}

namespace {

std::chrono::milliseconds time_at(const Args& args, std::size_t index) {
  return std::chrono::milliseconds(args.get<long>(index).value_or(0));
}

void add_echoes(const Namespace& nsp) {
  nsp.on("message", [](Socket& socket, const Args& args, const Ack&) { socket.emit("message-back", args); });
  nsp.on("message-with-ack", [](Socket&, const Args& args, const Ack& ack) { ack(args); });
  nsp.on("emit-with-ack", [](Socket& socket, const Args& args, const Ack&) {
    const auto done = [socket](const belfry::AckResult& result) {
      if (result) {
        socket.emit("server-ack-result", "ok", *result);
      } else if (result.error().kind == belfry::ErrorKind::timed_out) {
        socket.emit("server-ack-result", "timeout");
      }
    };
    socket.emit_payload_with_ack(payload_of("server-ack", rest(args, 1)), {}, time_at(args, 0), done);
  });
  nsp.on("burst", [](Socket& socket, const Args& args, const Ack&) {
    const auto count = args.get<int>(0).value_or(0);
    const std::string text(static_cast<std::size_t>(args.get<unsigned>(1).value_or(0)), 'x');
    for (int i = 0; i < count; ++i) socket.emit("burst-item", i, text);
    socket.emit("burst-end", count);
  });
  nsp.on("volatile-burst", [](Socket& socket, const Args& args, const Ack&) {
    const auto count = args.get<int>(0).value_or(0);
    for (int i = 0; i < count; ++i) socket.emit_volatile("volatile-item", i);
    socket.emit("volatile-end", count);
  });
}

// What the clients of others do not ask for: events of which only the newest matters, and what waits.
void add_states(belfry::Server& server, const Namespace& nsp) {
  nsp.on("latest-burst", [](Socket& socket, const Args& args, const Ack&) {
    const auto count = args.get<int>(0).value_or(0);
    for (int i = 0; i < count; ++i) {
      socket.emit_latest("even", "latest-item", 2 * i);
      socket.emit("latest-other", i);
      socket.emit_latest("odd", "latest-item", 2 * i + 1);
    }
    socket.emit("latest-end", count);
  });
  nsp.on("room-latest", [&server](Socket& socket, const Args& args, const Ack& ack) {
    const auto to = server.sockets(socket.nsp()).in(text_at(args, 0));
    to.coalesce(text_at(args, 1)).emit_payload(payload_of("room-state", rest(args, 1)));
    ack();
  });
  nsp.on("plain", [](Socket& socket, const Args& args, const Ack&) {
    socket.emit_payload(payload_of("plain-back", args.values()), {.compress = false});
  });
  nsp.on("buffered", [](Socket& socket, const Args&, const Ack& ack) { ack(socket.buffered_bytes()); });
  nsp.on_drain([&server](Socket& socket) {
    server.sockets(socket.nsp()).in("drains").emit("drained", socket.id(), socket.buffered_bytes());
  });
  nsp.on("slow-stats", [&server](Socket&, const Args&, const Ack& ack) {
    const auto stats = server.stats();
    const auto slow = stats.closed.find("slow consumer");
    ack(Value{{"droppedVolatile", stats.dropped_volatile},
              {"coalesced", stats.coalesced},
              {"discardedBytes", stats.discarded_bytes},
              {"closedSlow", slow == stats.closed.end() ? 0 : slow->second},
              {"bytesOut", stats.bytes_out}});
  });
}

// What the application does with a socket when its work is done, which takes it the time given first.
void add_delays(belfry::Server& server, const Namespace& nsp) {
  const auto later = [&server, nsp](const char* event,
                                    const std::function<void(const Socket&, std::string)>& act) {
    nsp.on(event, [&server, act](Socket& socket, const Args& args, const Ack&) {
      server.after(time_at(args, 0), [act, socket, text = text_at(args, 1)] { act(socket, text); });
    });
  };
  later("emit-later", [](const Socket& socket, const std::string& text) { socket.emit("late", text); });
  later("join-later", [](const Socket& socket, const std::string& room) { socket.join(room); });
  later("leave-later", [](const Socket& socket, const std::string& room) { socket.leave(room); });
  later("disconnect-later", [](const Socket& socket, const std::string&) { socket.disconnect(); });
}

void add_rooms(const Namespace& nsp) {
  nsp.on("join", [](Socket& socket, const Args& args, const Ack& ack) {
    socket.join(text_at(args, 0));
    ack();
  });
  nsp.on("leave", [](Socket& socket, const Args& args, const Ack& ack) {
    socket.leave(text_at(args, 0));
    ack();
  });
  nsp.on("rooms", [](Socket& socket, const Args&, const Ack& ack) { ack(socket.rooms()); });
}

// What another thread does, one after the other.
void add_thread(belfry::Server& server, const Namespace& nsp) {
  nsp.on("leave-from-thread", [&server](Socket& socket, const Args& args, const Ack&) {
    const auto work = [room = server.sockets(socket.nsp()).in(text_at(args, 0)), name = text_at(args, 0)] {
      room.emit("last-word");
      room.sockets_leave({name});
    };
    std::thread(work).join();
  });
}

void add_broadcasts(belfry::Server& server, const Namespace& nsp) {
  const auto all = [&server](const Socket& socket) { return server.sockets(socket.nsp()); };
  nsp.on("to-room", [](Socket& socket, const Args& args, const Ack&) {
    socket.to(text_at(args, 0)).emit("room-message", args);
  });
  nsp.on("in-room", [all](Socket& socket, const Args& args, const Ack&) {
    all(socket).in(text_at(args, 0)).emit("room-message", args);
  });
  nsp.on("except-room", [all](Socket& socket, const Args& args, const Ack&) {
    all(socket).except(text_at(args, 0)).emit_payload(payload_of("except-message", rest(args, 1)));
  });
  nsp.on("broadcast", [](Socket& socket, const Args& args, const Ack&) {
    socket.broadcast().emit("broadcast-message", args);
  });
  nsp.on("room-ack", [all](Socket& socket, const Args& args, const Ack& ack) {
    const auto done = [ack](const std::vector<belfry::AckOutcome>& outcomes) {
      std::vector<Value> answers;
      for (const auto& outcome : outcomes) {
        if (outcome.result) answers.push_back(outcome.result->at(0));
      }
      ack(answers.size() == outcomes.size() ? "ok" : "timeout", answers);
    };
    const auto request = payload_of("room-ack-request", rest(args, 2));
    all(socket).in(text_at(args, 0)).timeout(time_at(args, 1)).emit_payload_with_ack(request, done);
  });
}

void add_questions(belfry::Server& server, const Namespace& nsp, DisconnectLog& log) {
  nsp.on("get-id", [](Socket& socket, const Args&, const Ack& ack) { ack(socket.id()); });
  nsp.on("get-handshake", [](Socket& socket, const Args&, const Ack& ack) { ack(handshake_of(socket)); });
  nsp.on("is-recovered", [](Socket& socket, const Args&, const Ack& ack) { ack(socket.recovered()); });
  nsp.on("stats", [&server](Socket& socket, const Args&, const Ack& ack) {
    server.sockets(socket.nsp()).count_sockets([&server, ack](std::size_t sockets) {
      ack(Value{{"sockets", sockets}, {"clients", server.clients_count()}});
    });
  });
  nsp.on("disconnect-log",
         [&log](Socket&, const Args& args, const Ack& ack) { ack(log.reasons(text_at(args, 0))); });
}

void add_endings(const Namespace& nsp, DisconnectLog& log) {
  nsp.on("disconnect-me", [](Socket& socket, const Args&, const Ack&) { socket.disconnect(); });
  nsp.on("disconnect-all", [](Socket& socket, const Args&, const Ack&) { socket.disconnect(true); });
  nsp.on("drop", [](Socket& socket, const Args&, const Ack&) { socket.drop(); });
  nsp.on_disconnect([&log](Socket& socket, std::string_view reason) { log.add(socket.id(), reason); });
}

void add_handlers(belfry::Server& server, const Namespace& nsp, DisconnectLog& log) {
  nsp.on_connection([](Socket& socket) { socket.emit("auth", socket.auth()); });
  add_echoes(nsp);
  add_states(server, nsp);
  add_delays(server, nsp);
  add_rooms(nsp);
  add_broadcasts(server, nsp);
  add_thread(server, nsp);
  add_questions(server, nsp, log);
  add_cluster(server, nsp);
  add_endings(nsp, log);
}

}  // namespace

Value handshake_of(const Socket& socket) {
  const auto handshake = socket.handshake();
  Value query = Value::object();
  Value headers = Value::object();
  for (const auto& [name, value] : handshake.query) query[name] = value;
  for (const auto& [name, value] : handshake.headers) headers[name] = value;
  return {{"query", query}, {"auth", handshake.auth}, {"headers", headers}};
}

void add_namespaces(belfry::Server& server, DisconnectLog& log) {
  const auto auth = server.of("/auth");
  auth.use([](Socket& socket, const belfry::Next& next) {
    const auto& payload = socket.auth();
    const auto token = payload.find("token");
    if (token != payload.end() && *token == "secret") return next();
    next({"not authorized", {{"code", "E_AUTH"}, {"retry", false}}});
  });
  const auto slow = server.of("/slow");
  slow.use([&server](Socket& socket, const belfry::Next& next) {
    (void)socket;
    server.after(std::chrono::milliseconds(200), [next] { next(); });
  });
  for (const auto& nsp :
       {server.of("/"), server.of("/custom"), auth, slow, server.of(std::regex(R"(^/dynamic-\d+$)"))}) {
    add_handlers(server, nsp, log);
  }
}

}  // namespace conformance
