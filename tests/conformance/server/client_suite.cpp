#include "client_suite.h"

#include <fmt/chrono.h>

#include <chrono>
#include <string>
#include <string_view>

#include "handlers.h"

namespace conformance {

using belfry::Ack;
using belfry::Args;
using belfry::Namespace;
using belfry::Socket;
using belfry::Value;

namespace {

constexpr std::chrono::milliseconds kHandshakeDelay{10};
constexpr std::chrono::seconds kAckTimeout{10};

std::string iso_date() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto milliseconds = now.time_since_epoch().count() % 1000;
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)), milliseconds);
}

Value bytes() {
  constexpr std::string_view kText = "asdfasdf";
  return Value::binary({kText.begin(), kText.end()});
}

void refuse_all(const Namespace& nsp, const char* message) {
  nsp.use([message](Socket&, const belfry::Next& next) { next({message}); });
}

void refuse_who_asks_to_fail(const Namespace& nsp) {
  nsp.use([](Socket& socket, const belfry::Next& next) {
    for (const auto& [name, value] : socket.handshake().query) {
      if (name == "fail" && !value.empty()) return next({"Auth failed (main namespace)"});
    }
    next();
  });
}

void add_ids(const Namespace& nsp) {
  nsp.on("getId", [](Socket& socket, const Args&, const Ack& ack) { ack(socket.id()); });
}

void add_acks(const Namespace& nsp) {
  nsp.on("echo", [](Socket&, const Args& args, const Ack& ack) { ack(args.at(0)); });
  nsp.on("ack", [](Socket& socket, const Args&, const Ack&) {
    const auto done = [socket](const belfry::AckResult& result) {
      if (result && result->at(0) == 5 && result->at(1) == Value{{"test", true}}) socket.emit("got it");
    };
    socket.emit_with_ack(kAckTimeout, done, "ack");
  });
  nsp.on("getAckDate", [](Socket&, const Args&, const Ack& ack) { ack(iso_date()); });
  nsp.on("getHandshake", [](Socket& socket, const Args&, const Ack& ack) { ack(handshake_of(socket)); });
}

void add_values(const Namespace& nsp) {
  nsp.on("hi", [](Socket& socket, const Args&, const Ack&) { socket.emit("hi"); });
  nsp.on("getDate", [](Socket& socket, const Args&, const Ack&) { socket.emit("takeDate", iso_date()); });
  nsp.on("getDateObj", [](Socket& socket, const Args&, const Ack&) {
    socket.emit("takeDateObj", Value{{"date", iso_date()}});
  });
  nsp.on("getUtf8", [](Socket& socket, const Args&, const Ack&) {
    for (const char* text : {"てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"}) {
      socket.emit("takeUtf8", text);
    }
  });
  nsp.on("false", [](Socket& socket, const Args&, const Ack&) { socket.emit("false", false); });
}

void add_binary(const Namespace& nsp) {
  nsp.on("doge", [](Socket& socket, const Args&, const Ack&) { socket.emit("doge", bytes()); });
  nsp.on("getbin", [](Socket& socket, const Args&, const Ack&) { socket.emit("takebin", bytes()); });
  nsp.on("buffa", [](Socket& socket, const Args& args, const Ack&) {
    if (args.at(0).is_binary()) socket.emit("buffack");
  });
  nsp.on("jsonbuff", [](Socket& socket, const Args& args, const Ack&) {
    const Value value = args.at(0);
    if (!value.is_object() || !value.value("message", Value()).is_binary()) return;
    if (value.value("hello", Value()) == "lol" && value.value("goodbye", Value()) == "gotcha") {
      socket.emit("jsonbuff-ack");
    }
  });
  nsp.on("abuff1", [](Socket& socket, const Args& args, const Ack&) {
    if (args.at(0).is_binary()) socket.data() = "abuff1";
  });
  nsp.on("abuff2", [](Socket& socket, const Args&, const Ack&) {
    if (socket.data() == "abuff1") socket.emit("abuff2-ack");
  });
}

}  // namespace

void add_client_suite(belfry::Server& server) {
  server.allow_request([&server](const belfry::HttpRequest&, const belfry::AllowReply& reply) {
    server.after(kHandshakeDelay, [reply] { reply.allow(); });
  });
  for (const char* open : {"/timeout_socket", "/valid", "/asd"}) server.of(open);
  refuse_all(server.of("/no"), "Auth failed (custom namespace)");
  server.of("/abc").on_connection([](Socket& socket) { socket.emit("handshake", handshake_of(socket)); });
  add_ids(server.of("/foo"));

  const auto root = server.of("/");
  refuse_who_asks_to_fail(root);
  add_ids(root);
  add_acks(root);
  add_values(root);
  add_binary(root);
}

}  // namespace conformance
