// A handshake over HTTP: who is let in, and the way to a session and a WebSocket.
#include "net/http_pump.h"
#include "net/websocket_pump.h"
#include "websocket/handshake.h"
#include "websocket/subprotocol.h"

namespace belfry::net {

namespace {

constexpr std::string_view kWebSocketVersion = "13";

/// Whether the request asks for a WebSocket as RFC 6455 has it.
bool is_valid_upgrade(const http::Request& request) {
  const http::Headers& headers = request.headers;
  return websocket::valid_key(headers.find("sec-websocket-key")) &&
         headers.find("sec-websocket-version") == kWebSocketVersion &&
         (!headers.has("sec-websocket-protocol") ||
          websocket::choose_subprotocol(headers.find("sec-websocket-protocol")));
}

/// The answer to a valid one, but for the empty line at its end.
std::string switching_protocols(const http::Request& request, const std::string& extensions) {
  std::string text =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: " +
      websocket::accept_key(request.headers.find("sec-websocket-key")) + "\r\n";
  if (const auto protocol = websocket::choose_subprotocol(request.headers.find("sec-websocket-protocol"))) {
    text.append("Sec-WebSocket-Protocol: ").append(*protocol).append("\r\n");
  }
  if (!extensions.empty()) text.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
  return text;
}

}  // namespace

// ---- who is let in ----

void HttpPump::ask_to_admit() {
  asking_ = std::make_shared<HttpPump*>(this);
  wait(connection_.io().options().admission_timeout);
  // In a turn of its own: whoever answers may be in the middle of something else.
  const auto on_answer = [&shard = connection_.io().shard(), weak = std::weak_ptr(asking_)](Verdict verdict) {
    if (weak.expired()) return;  // gone, or refused already
    shard.post([weak, verdict = std::move(verdict)] {
      const auto asking = weak.lock();
      if (asking != nullptr) (*asking)->on_verdict(verdict);
    });
  };
  site_.admission({*request_, connection_.peer_address()}, Admission(on_answer, [] { return Verdict(); }));
}

void HttpPump::on_verdict(const Verdict& verdict) {
  asking_.reset();
  timer_.cancel();
  const bool websocket = request_->upgrade();
  if (!verdict.allowed) {
    close_after_ |= websocket;  // what follows may be frames
    return respond(endpoint_->refuse(*request_, Refusal::forbidden, verdict.message));
  }
  const std::string rest = websocket ? std::exchange(waiting_, {}) : std::string();
  open_session(rest);
}

void HttpPump::open_session(std::string_view rest) {
  if (!endpoint_->admits()) return respond(endpoint_->refuse_busy(*request_));
  AddressGate::Lease lease;
  if (auto refused = admit_address(lease)) return respond(*refused);
  if (request_->upgrade()) return upgrade(nullptr, std::move(lease), rest);
  endpoint_->engine()
      .open_polling(endpoint_->handshake(*request_, connection_.peer_address()), *this,
                    endpoint_->dialect(*request_).value_or(engineio::Dialect{}))
      .keep(std::move(lease));
}

// The answer to a handshake of an address that has opened enough.
std::optional<http::Response> HttpPump::admit_address(AddressGate::Lease& lease) {
  if (site_.addresses == nullptr) return std::nullopt;
  std::string forwarded_for;
  for (const auto& header : request_->headers) {
    if (header.name == "x-forwarded-for")
      forwarded_for.append(forwarded_for.empty() ? "" : ",").append(header.value);
  }
  auto admission = site_.addresses->session(connection_.peer_address(), forwarded_for);
  if (!admission.admitted()) return endpoint_->refuse_address(*request_, admission.answer);
  lease = std::move(admission.lease);
  return std::nullopt;
}

// ---- to a WebSocket ----

void HttpPump::refuse_upgrade(const http::Request& request) {
  close_after_ = true;
  http::Response response = endpoint_->refuse(request, Refusal::bad_request);
  const std::string_view version = request.headers.find("sec-websocket-version");
  if (!version.empty() && version != kWebSocketVersion) {
    response.status = 426;
    response.set("Sec-WebSocket-Version", std::string(kWebSocketVersion));
    response.set("Upgrade", "websocket");
    response.set("Connection", "Upgrade, close");
  }
  respond(response);
}

void HttpPump::upgrade(engineio::Session* session, AddressGate::Lease lease, std::string_view rest) {
  if (!is_valid_upgrade(*request_)) return refuse_upgrade(*request_);
  const engineio::Dialect dialect =
      session != nullptr ? session->dialect() : endpoint_->dialect(*request_).value_or(engineio::Dialect{});
  ShardDeflate* const deflate = connection_.io().deflate();
  auto agreed =
      deflate != nullptr ? deflate->accept(request_->headers.find("sec-websocket-extensions")) : std::nullopt;
  auto pump = std::make_unique<WebSocketPump>(connection_, endpoint_->engine().options().max_payload_bytes,
                                              dialect, agreed ? std::move(agreed->deflate) : nullptr);
  WebSocketPump& websocket = *pump;
  const bool welcome = session == nullptr || session->on_probe(websocket);
  std::string sid;
  std::string head = switching_protocols(*request_, agreed ? agreed->response : "");
  if (session == nullptr) {
    sid = endpoint_->engine().make_sid();
    if (const auto cookie = endpoint_->cookie(sid))
      head.append("Set-Cookie: ").append(*cookie).append("\r\n");
  }
  connection_.send_bytes(head + "\r\n", /*greeting=*/true);
  gone_ = true;
  *self_ = nullptr;
  timer_.cancel();
  connection_.set_pump(std::move(pump));
  // As the original does: clients expect the handshake, then the end.
  if (!welcome) return websocket.close(engineio::CloseReason::forced_close);
  if (session == nullptr) {
    session = &endpoint_->engine().open_websocket(endpoint_->handshake(*request_, connection_.peer_address()),
                                                  websocket, dialect, std::move(sid));
    session->keep(std::move(lease));
  }
  if (!session->open()) return;  // it has ended as soon as it began
  websocket.bind(*session);
  std::string bytes(rest);
  if (!bytes.empty()) websocket.on_bytes(bytes.data(), bytes.size());
}

}  // namespace belfry::net
