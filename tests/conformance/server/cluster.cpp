#include "cluster.h"

#include <chrono>
#include <vector>

#include "belfry/redis_adapter.h"
#include "handlers.h"

namespace conformance {

using belfry::Ack;
using belfry::Args;
using belfry::Emitter;
using belfry::Namespace;
using belfry::Socket;
using belfry::Value;

namespace {

std::vector<std::string> list_in(const Value& map, const char* name) {
  return map.value(name, std::vector<std::string>());
}

void add_emits(belfry::Server& server, const Namespace& nsp) {
  nsp.on("emit-to", [&server](Socket& socket, const Args& args, const Ack&) {
    const Value to = args.at(0);
    Emitter emitter = server.sockets(socket.nsp()).to(list_in(to, "rooms")).except(list_in(to, "except"));
    if (to.value("volatile", false)) emitter = emitter.as_volatile();
    if (to.value("local", false)) emitter = emitter.local();
    emitter.emit_payload(payload_of("told", rest(args, 1)));
  });
  nsp.on("ask-all", [&server](Socket& socket, const Args& args, const Ack& ack) {
    const auto done = [ack](const std::vector<belfry::AckOutcome>& outcomes) {
      std::vector<Value> answers;
      for (const auto& outcome : outcomes) {
        if (outcome.result) answers.push_back(outcome.result->at(0));
      }
      ack(Value{{"answers", answers}, {"missing", outcomes.size() - answers.size()}});
    };
    const std::chrono::milliseconds timeout(args.get<long>(1).value_or(0));
    server.sockets(socket.nsp())
        .to(text_at(args, 0))
        .timeout(timeout)
        .emit_payload_with_ack(payload_of("room-ack-request", rest(args, 2)), done);
  });
}

void add_sockets(belfry::Server& server, const Namespace& nsp) {
  const auto room = [&server](const Socket& socket, const Args& args) {
    return server.sockets(socket.nsp()).to(text_at(args, 0));
  };
  nsp.on("set-data", [](Socket& socket, const Args& args, const Ack& ack) {
    socket.data() = args.at(0);
    ack();
  });
  nsp.on("fetch-sockets", [room](Socket& socket, const Args& args, const Ack& ack) {
    room(socket, args).fetch_sockets([ack](const std::vector<belfry::RemoteSocket>& sockets) {
      Value list = Value::array();
      for (const auto& one : sockets) {
        Value query = Value::object();
        for (const auto& [name, value] : one.handshake.query) query[name] = value;
        list.push_back({{"id", one.id},
                        {"rooms", one.rooms},
                        {"data", one.data},
                        {"handshake", {{"query", query}, {"auth", one.handshake.auth}}}});
      }
      ack(list);
    });
  });
  nsp.on("sockets-join", [room](Socket& socket, const Args& args, const Ack& ack) {
    room(socket, args).sockets_join({text_at(args, 1)});
    ack();
  });
  nsp.on("sockets-leave", [room](Socket& socket, const Args& args, const Ack& ack) {
    room(socket, args).sockets_leave({text_at(args, 1)});
    ack();
  });
  nsp.on("disconnect-sockets", [room](Socket& socket, const Args& args, const Ack& ack) {
    room(socket, args).disconnect_sockets(args.get<bool>(1).value_or(false));
    ack();
  });
  nsp.on("all-rooms", [&server](Socket& socket, const Args&, const Ack& ack) {
    server.sockets(socket.nsp()).fetch_rooms([ack](const std::vector<std::string>& rooms) { ack(rooms); });
  });
}

void add_servers(belfry::Server& server, const Namespace& nsp) {
  nsp.on("server-count", [&server](Socket&, const Args&, const Ack& ack) {
    server.server_count([ack](std::size_t count) { ack(count); });
  });
  nsp.on("server-event", [nsp](Socket&, const Args& args, const Ack&) {
    nsp.server_side_emit(payload_of("cluster-event", args.values()));
  });
  nsp.on("server-ask", [nsp](Socket&, const Args& args, const Ack& ack) {
    nsp.server_side_emit(payload_of("cluster-event", args.values()),
                         [ack](const std::vector<belfry::AckResult>& results) {
                           std::vector<Value> answers;
                           for (const auto& result : results) {
                             answers.push_back(result ? result->at(0) : Value());
                           }
                           ack(answers);
                         });
  });
  nsp.on_server_event("cluster-event",
                      [nsp](const Args& args, const std::function<void(belfry::Payload)>& answer) {
                        nsp.sockets().local().emit_payload(payload_of("server-event", args.values()));
                        answer(belfry::make_payload(args));
                      });
}

}  // namespace

belfry::Result<belfry::AdapterFactory> adapter_of(const std::string& url, const std::string& kind,
                                                  const std::string& key) {
  auto redis = belfry::parse_redis_url(url);
  if (!redis) return std::unexpected(redis.error());
  const belfry::RedisAdapterOptions options{.key = key, .request_timeout = std::chrono::seconds(2)};
  if (kind == "classic") return belfry::redis_adapter(*redis, options);
  if (kind == "sharded") return belfry::sharded_redis_adapter(*redis, options);
  if (kind == "streams") return belfry::redis_streams_adapter(*redis, options, {.stream_name = key});
  return belfry::fail_field("adapter", "is none");
}

void add_cluster(belfry::Server& server, const Namespace& nsp) {
  add_emits(server, nsp);
  add_sockets(server, nsp);
  if (!nsp.name().empty()) add_servers(server, nsp);
}

}  // namespace conformance
