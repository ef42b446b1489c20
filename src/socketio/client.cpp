#include "socketio/client.h"

#include <algorithm>
#include <exception>

#include "core/ids.h"
#include "http/query.h"
#include "socketio/client_entry.h"

namespace belfry::socketio {

namespace {

// Whether a client that has gone so may come back to its sessions (socket.io,
// RECOVERABLE_DISCONNECT_REASONS). What this server has not heard of is in no log.
bool is_recoverable(engineio::CloseReason reason) {
  return reason != engineio::CloseReason::parse_error && reason != engineio::CloseReason::events_missed;
}

// What a client of version 4 sends in place of a payload.
Value query_of(std::string_view query) {
  Value auth = Value::object();
  for (auto& [name, value] : http::parse_query(query)) auth[name] = std::move(value);
  return auth;
}

}  // namespace

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
  packet_bytes_ = (partial_ != nullptr ? packet_bytes_ : 0) + data.size();
  if (binary && partial_ != nullptr &&
      packet_bytes_ - partial_->header.size() > hub_.shared().limits.max_attachment_bytes) {
    return fail(Limit::attachments);
  }
  const auto outcome = hub_.decoder().read(binary, data, partial_, packet);
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

void Client::on_open() {
  if (is_protocol_4()) connect_to("/", Value::object());
}

void Client::on_connect(const Packet& packet) {
  if (!is_protocol_4()) return connect_to(packet.nsp, packet.auth);
  const auto mark = packet.nsp.find('?');
  connect_to(packet.nsp.substr(0, mark),
             mark == packet.nsp.npos ? Value::object() : query_of(packet.nsp.substr(mark + 1)));
}

void Client::connect_to(std::string_view name, Value auth) {
  if (find(name) != nullptr) return fail();
  // A client that gave up and tries again before it was answered: the first answer is for both.
  if (is_entering(name)) return;
  if (sockets_.size() + entries_.size() >= hub_.shared().limits.max_namespaces_per_client) {
    return fail(Limit::namespaces);
  }
  LocalNamespace* nsp = hub_.open(name, auth);
  if (nsp == nullptr) {
    hub_.count(Limit::no_namespace);
    return send_error(name, {{"message", "Invalid namespace"}});
  }
  nsp->expect();
  auto entry = std::make_shared<Entry>(Entry{this, hub_, nsp, std::move(auth)});
  entries_.push_back(entry);
  if (!hub_.shared().options.recovery || is_protocol_4()) return begin(entry, {new_socket_id(name), {}});
  look_for_session(entry);
}

void Client::begin(const std::shared_ptr<Entry>& entry, SocketCore::Ids ids) {
  entry->socket =
      std::make_shared<SocketCore>(hub_, *this, *entry->nsp, std::move(entry->auth), std::move(ids));
  if (entry->session) entry->socket->begin_recovery(std::move(entry->session->data));
  if (entry->shared) entry->socket->begin_recovery(entry->shared->data);
  pass_middleware(entry);
}

// With a session of its own.
void Client::begin_new(const std::shared_ptr<Entry>& entry) {
  const std::string id = make_sid();
  begin(entry, {id, id + make_sid()});
}

void Client::pass_middleware(const std::shared_ptr<Entry>& entry) {
  const auto& middlewares = entry->nsp->def()->middlewares;
  const bool skips = entry->goes_on() && hub_.shared().options.recovery->skip_middlewares;
  if (skips || entry->asked == middlewares.size()) {
    if (entry->session && entry->socket->recovered()) return take_over(entry);
    if (entry->shared && entry->socket->recovered()) return catch_up(entry);
    entry->release_session(false);
    return admit(*entry, {});
  }
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
      entry->release_session();
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

void Client::admit(Entry& entry, const std::vector<LoggedEvent>& missed) {
  const SocketPtr socket = entry.socket;
  LocalNamespace& nsp = *entry.nsp;
  const auto base = socket->recovered() ? entry.claim.offset : std::nullopt;
  const EventNumber born = socket->recovered() ? 0 : hub_.shared().event_numbers();
  if (RecoverableSession* session = socket->recoverable(); session != nullptr && nsp.recovery() != nullptr) {
    nsp.recovery()->begin(*socket, base, missed, born);
  } else if (session != nullptr) {
    session->shared() = {.begin = nsp.place().next()};
  }
  std::vector<SharedMessage> messages;
  for (const LoggedEvent& event : missed) messages.push_back(event.message);
  let_in(entry, messages);
}

void Client::let_in(Entry& entry, const std::vector<SharedMessage>& missed) {
  const SocketPtr socket = entry.socket;
  LocalNamespace& nsp = *entry.nsp;
  entry.decide();
  connect_timer_.cancel();
  sockets_.push_back(socket);
  nsp.add(socket);
  socket->on_connected(missed);
}

void Client::refuse(std::string_view nsp, const Refusal& refusal) {
  // A client of version 4 gets the data alone, or else the message.
  if (is_protocol_4()) return send_error(nsp, refusal.data.is_null() ? Value(refusal.message) : refusal.data);
  Value error = {{"message", refusal.message}};
  if (!refusal.data.is_null()) error["data"] = refusal.data;
  send_error(nsp, error);
}

void Client::send_error(std::string_view nsp, const Value& error) {
  session_.send(MessageRef(hub_.shared().encoder.encode_plain(
      PacketType::connect_error, nsp, error.dump(-1, ' ', false, Value::error_handler_t::replace))));
}

std::string Client::new_socket_id(std::string_view nsp) const {
  if (!is_protocol_4()) return make_sid();
  return nsp == "/" ? session_.sid() : std::string(nsp) + "#" + session_.sid();
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

void Client::on_drain() {
  for (const SocketPtr& socket : std::vector(sockets_)) socket->on_drain();
}

void Client::fail(Limit limit) {
  hub_.count(limit);
  hub_.log().debug("socketio", "a bound was met", {{"session", session_.sid()}, {"bound", text_of(limit)}});
  session_.fail(engineio::CloseReason::rate_limited);
}

void Client::warn(std::string_view event, std::string_view limit, std::chrono::milliseconds wait) {
  tell(make_payload(event, Value{{"limit", limit}, {"retryAfterMs", wait.count()}}));
}

void Client::on_end_announced(std::chrono::milliseconds come_back_in) {
  const std::string& event = hub_.shared().options.shutdown_event;
  if (event.empty()) return;
  tell(make_payload(event, Value{{"reason", "shutdown"}, {"reconnectInMs", come_back_in.count()}}));
}

void Client::tell(const Payload& payload) const {
  for (const SocketPtr& socket : sockets_) socket->emit_here(payload, {});
}

void Client::on_close(engineio::CloseReason reason) {
  hub_.shared().clients.add(-1);
  connect_timer_.cancel();
  intake_.close();
  for (const auto& entry : std::exchange(entries_, {})) {
    entry->client = nullptr;
    if (entry->socket == nullptr) continue;  // `leave` follows when the session is found, or not
    if (entry->taking) {
      entry->socket->on_client_gone();
      continue;
    }
    entry->release_session();
    entry->socket->on_turned_away();
    entry->leave();
  }
  for (const SocketPtr& socket : std::exchange(sockets_, {})) {
    socket->on_closed(engineio::text_of(reason), is_recoverable(reason));
  }
}

}  // namespace belfry::socketio
