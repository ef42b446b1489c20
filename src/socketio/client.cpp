#include "socketio/client.h"

#include <algorithm>
#include <exception>

#include "socketio/encoder.h"
#include "socketio/hub.h"
#include "socketio/local_namespace.h"
#include "socketio/socket_core.h"

namespace belfry::socketio {

// A client on its way into a namespace. Middlewares hold it through `next`, so it outlives a client that goes
// away.
struct Client::Entry {
  Client* client;  // null once the client has gone, or the entry is decided
  LocalNamespace* nsp;
  SocketPtr socket;
  std::size_t asked = 0;  // how many middlewares have been asked

  // Takes the entry out of its client and of the namespace's count.
  void decide() {
    std::erase_if(client->entries_, [this](const auto& other) { return other.get() == this; });
    client = nullptr;
  }
};

Client::Client(Hub& hub, engineio::Session& session)
    : hub_(hub), session_(session), intake_(*this, hub, session) {
  hub_.shared().clients.add(1);
  connect_timer_ = hub_.shard().after(hub_.shared().options.connect_timeout,
                                      [this] { session_.close(engineio::CloseReason::forced_close); });
}

Client::~Client() = default;

void Client::on_message(bool binary, std::string_view data) {
  intake_.take(binary, data);
}

void Client::handle(bool binary, std::string_view data) {
  Packet packet;
  packet_bytes_ = (binary ? packet_bytes_ : 0) + data.size();
  if (binary && partial_ != nullptr &&
      packet_bytes_ - partial_->header.size() > hub_.shared().limits.max_attachment_bytes) {
    return fail(Limit::attachments);
  }
  Decoder& decoder = hub_.decoder();
  const auto outcome =
      binary ? decoder.read_binary(data, partial_, packet) : decoder.read_text(data, partial_, packet);
  if (outcome == Decoder::Outcome::packet) {
    on_packet(packet);
  } else if (outcome == Decoder::Outcome::invalid) {
    hub_.log().debug("socketio", "invalid packet", {{"session", session_.sid()}});
    fail();
  }
}

void Client::on_packet(const Packet& packet) {
  if (packet.type == PacketType::connect) return on_connect(packet);
  const SocketPtr socket = find(packet.nsp);
  if (socket == nullptr) return fail();
  switch (packet.type) {
    case PacketType::event:
      return socket->on_event(packet, packet_bytes_);
    case PacketType::ack:
      if (!packet.id) return fail();
      return socket->on_ack(*packet.id, *packet.args);
    case PacketType::disconnect:
      forget(*socket);
      return socket->on_closed("client namespace disconnect");
    default:
      return fail();
  }
}

// ---- into a namespace ----

void Client::on_connect(const Packet& packet) {
  if (find(packet.nsp) != nullptr) return fail();
  // A client that gave up and tries again before it was answered: the first answer is for both.
  if (is_entering(packet.nsp)) return;
  if (sockets_.size() + entries_.size() >= hub_.shared().limits.max_namespaces_per_client) {
    return fail(Limit::namespaces);
  }
  LocalNamespace* nsp = hub_.open(packet.nsp, packet.auth);
  if (nsp == nullptr) return refuse(packet.nsp, {"Invalid namespace", nullptr});
  nsp->expect();
  auto entry =
      std::make_shared<Entry>(Entry{this, nsp, std::make_shared<SocketCore>(hub_, *this, *nsp, packet.auth)});
  entries_.push_back(entry);
  pass_middleware(entry);
}

void Client::pass_middleware(const std::shared_ptr<Entry>& entry) {
  const auto& middlewares = entry->nsp->def()->middlewares;
  if (entry->asked == middlewares.size()) return admit(*entry);
  const Middleware& middleware = middlewares[entry->asked++];
  const std::size_t turn = entry->asked;
  // The answer may come at once, later, from another thread, or twice: only the first to this question
  // counts.
  auto next = [entry, turn, &shard = hub_.shard()](std::optional<Refusal> refusal) {
    shard.run_or_post([entry, turn, refusal = std::move(refusal)] {
      Client* client = entry->client;
      if (client == nullptr || entry->asked != turn) return;
      if (!refusal) return client->pass_middleware(entry);
      LocalNamespace& nsp = *entry->nsp;
      const auto name = nsp.name();
      ++entry->asked;
      entry->socket->on_turned_away();
      entry->decide();
      nsp.turn_away();
      client->hub_.close_if_unused(nsp);
      client->refuse(*name, *refusal);
    });
  };
  try {
    middleware(entry->socket, next);
  } catch (const std::exception& error) {
    hub_.log().error("handler", "a connection middleware failed", {{"what", error.what()}});
    next(Refusal{"Internal error", nullptr});
  }
}

void Client::admit(const Entry& entry) {
  const SocketPtr socket = entry.socket;
  LocalNamespace& nsp = *entry.nsp;
  const_cast<Entry&>(entry).decide();
  connect_timer_.cancel();
  sockets_.push_back(socket);
  nsp.add(socket);
  socket->on_connected();
}

void Client::refuse(std::string_view nsp, const Refusal& refusal) {
  Value error = {{"message", refusal.message}};
  if (!refusal.data.is_null()) error["data"] = refusal.data;
  session_.send(MessageRef(encode_plain(PacketType::connect_error, nsp,
                                        error.dump(-1, ' ', false, Value::error_handler_t::replace))));
}

SocketPtr Client::find(std::string_view nsp) const {
  for (const SocketPtr& socket : sockets_) {
    if (socket->nsp_name() == nsp) return socket;
  }
  return nullptr;
}

bool Client::is_entering(std::string_view nsp) const {
  return std::ranges::any_of(entries_, [nsp](const auto& entry) { return *entry->nsp->name() == nsp; });
}

// ---- out again ----

void Client::forget(const SocketCore& socket) {
  std::erase_if(sockets_, [&socket](const SocketPtr& other) { return other.get() == &socket; });
}

void Client::disconnect_all() {
  for (const SocketPtr& socket : std::vector(sockets_)) socket->disconnect(false);
  session_.close(engineio::CloseReason::forced_close);
}

void Client::fail() {
  session_.fail(engineio::CloseReason::parse_error);
}

void Client::fail(Limit limit) {
  hub_.count(limit);
  hub_.log().debug("socketio", "a bound was met", {{"session", session_.sid()}, {"bound", text_of(limit)}});
  session_.fail(engineio::CloseReason::rate_limited);
}

void Client::warn(std::string_view event, std::string_view limit, std::chrono::milliseconds wait) {
  const Payload payload = make_payload(event, Value{{"limit", limit}, {"retryAfterMs", wait.count()}});
  for (const SocketPtr& socket : sockets_) socket->emit(payload, {});
}

void Client::on_close(engineio::CloseReason reason) {
  hub_.shared().clients.add(-1);
  connect_timer_.cancel();
  intake_.close();
  for (const auto& entry : std::exchange(entries_, {})) {
    entry->client = nullptr;
    entry->socket->on_turned_away();
    entry->nsp->turn_away();
    hub_.close_if_unused(*entry->nsp);
  }
  for (const SocketPtr& socket : std::exchange(sockets_, {})) socket->on_closed(engineio::text_of(reason));
}

}  // namespace belfry::socketio
