#include "net/http_pump.h"

#include "net/engine_endpoint.h"
#include "net/websocket_pump.h"
#include "websocket/handshake.h"

namespace belfry::net {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kWebSocketVersion = "13";

std::string switching_protocols(const http::Request& request) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
         "Upgrade\r\nSec-WebSocket-Accept: " +
         websocket::accept_key(request.headers.find("sec-websocket-key")) + "\r\n\r\n";
}

}  // namespace

HttpPump::HttpPump(Connection& connection, Site& site)
    : connection_(connection),
      site_(site),
      reader_({connection.io().options().max_header_bytes, site.max_body_bytes}),
      self_(std::make_shared<HttpPump*>(this)),
      close_after_(site.stopping) {
  site_.half_open.enter(*this);
  wait(connection_.io().options().request_timeout);
}

HttpPump::~HttpPump() = default;

// ---- reading ----

void HttpPump::on_bytes(char* data, std::size_t size) {
  if (phase_ == Phase::head && reader_.idle()) wait(connection_.io().options().request_timeout);
  if (!waiting_.empty()) {
    waiting_.append(data, size);
    return process_waiting();
  }
  process({data, size});
}

void HttpPump::resume(http::Reader reader, http::Outcome outcome, std::string_view rest) {
  reader_ = std::move(reader);
  processing_ = true;
  const bool going_on = on_step(outcome, rest);
  processing_ = false;
  if (going_on) process(rest);
}

void HttpPump::process(std::string_view bytes) {
  processing_ = true;
  while (!bytes.empty() && phase_ != Phase::answering) {
    const http::Step step = reader_.feed(bytes);
    bytes.remove_prefix(step.consumed);
    if (!on_step(step.outcome, bytes)) break;
  }
  processing_ = false;
  if (gone_) return;
  if (phase_ != Phase::answering && !reader_.idle() && !linked()) site_.half_open.enter(*this);
  if (bytes.empty() || phase_ != Phase::answering) return;
  waiting_.append(bytes);
  if (waiting_.size() > connection_.io().options().max_pipelined_bytes) connection_.abort();
}

// False: this pump reads no more.
bool HttpPump::on_step(http::Outcome outcome, std::string_view rest) {
  if (phase_ == Phase::head && reader_.head_ready() && !on_head(outcome, rest)) return false;
  if (outcome == http::Outcome::error) on_error(reader_.error_status());
  if (outcome == http::Outcome::request && phase_ != Phase::answering) on_request(rest);
  return !gone_;
}

bool HttpPump::on_head(http::Outcome outcome, std::string_view rest) {
  phase_ = Phase::body;
  const http::Request& head = reader_.head();
  endpoint_ = site_.endpoint(head.path());
  if (endpoint_ != nullptr) {
    const int shard = EngineEndpoint::shard_of(head);
    const int own = static_cast<int>(connection_.io().shard().index());
    if (shard >= 0 && shard != own && shard < static_cast<int>(site_.all->size())) {
      move_to(*(*site_.all)[static_cast<std::size_t>(shard)], outcome, rest);
      return false;
    }
    if (head.method == "POST") begin_post();
  }
  if (phase_ == Phase::body && reader_.expects_continue()) connection_.send_bytes(std::string(kContinue));
  return true;
}

// A session may be asked before the body has come: it takes one POST at a time.
void HttpPump::begin_post() {
  const http::Request& head = reader_.head();
  const auto plan = endpoint_->plan(head);
  if (plan.refusal || plan.session == nullptr || plan.websocket) return;
  if (head.headers.find("content-type") == "application/octet-stream") {
    plan.session->fail(engineio::CloseReason::transport_error);
  } else if (plan.session->on_post_begin(*this)) {
    session_ = plan.session;
    return;
  }
  answer({engineio::Answer::Kind::refused, {}, false});
}

// The session that the request names lives on another shard: so does its connection from now on.
void HttpPump::move_to(Site& site, http::Outcome outcome, std::string_view rest) {
  gone_ = true;
  *self_ = nullptr;
  timer_.cancel();
  site_.half_open.leave(*this);
  auto lease = connection_.lease();
  const int fd = connection_.release();
  if (fd < 0) return;
  auto resume = [&site, fd, outcome, reader = std::move(reader_), rest = std::string(rest),
                 lease = std::move(lease)]() mutable {
    Connection* connection = Connection::adopt(site.io, fd);
    if (connection == nullptr) return;
    connection->keep(std::move(lease));
    auto pump = std::make_unique<HttpPump>(*connection, site);
    HttpPump& moved = *pump;
    connection->set_pump(std::move(pump));
    moved.resume(std::move(reader), outcome, rest);
  };
  // The mailbox may be opened before sockets are read that had something to read first, say the packet that
  // ends an upgrade: one turn later all of them have been read.
  runtime::Shard& shard = site.io.shard();
  shard.post([&shard, resume = std::move(resume)]() mutable { shard.post(std::move(resume)); });
}

void HttpPump::on_error(int status) {
  close_after_ = true;
  if (session_ != nullptr) std::exchange(session_, nullptr)->on_post_dropped();
  if (phase_ == Phase::answering) return;
  request_ = std::make_unique<http::Request>(reader_.head_ready() ? reader_.head() : http::Request());
  if (endpoint_ == nullptr) return respond(site_.refusal(*request_, status));
  respond(endpoint_->with_cors(*request_, http::text(status, std::string(http::reason_phrase(status)))));
}

// ---- answering ----

void HttpPump::on_request(std::string_view rest) {
  timer_.cancel();
  site_.half_open.leave(*this);
  phase_ = Phase::answering;
  request_ = std::make_unique<http::Request>(reader_.take());
  if (endpoint_ != nullptr) return on_engine_request(rest);
  site_.application({*request_, connection_.peer_address()}, Responder(connection_.io().shard(), self_));
}

void HttpPump::on_engine_request(std::string_view rest) {
  if (request_->method == "OPTIONS") return respond(endpoint_->preflight(*request_));
  const auto plan = endpoint_->plan(*request_);
  if (plan.refusal) {
    // The body's session is gone, or is no polling session any more.
    if (session_ != nullptr) std::exchange(session_, nullptr)->on_post_dropped();
    return respond(endpoint_->refuse(*request_, *plan.refusal));
  }
  if (plan.session != nullptr && !plan.websocket) return on_session_request(*plan.session);
  AddressGate::Lease lease;
  if (plan.session == nullptr) {
    if (!endpoint_->admits()) return respond(endpoint_->refuse_busy(*request_));
    if (auto refused = admit_address(lease)) return respond(*refused);
  }
  if (plan.websocket) return upgrade(plan.session, std::move(lease), rest);
  endpoint_->engine()
      .open_polling(endpoint_->handshake(*request_, connection_.peer_address()), *this)
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

void HttpPump::on_session_request(engineio::Session& session) {
  if (request_->method == "GET") {
    session_ = &session;
    session.on_poll(*this);
  } else if (request_->method == "POST" && session_ == &session) {
    session.on_post_body(*this, request_->body);
  } else {
    respond(endpoint_->refuse(*request_, Refusal::bad_request));
  }
}

void HttpPump::answer(engineio::Answer answer) {
  session_ = nullptr;
  if (request_ == nullptr) {
    // The session has ended while the body was still coming.
    request_ = std::make_unique<http::Request>(reader_.head());
    close_after_ = true;
    phase_ = Phase::answering;
  }
  respond(endpoint_->respond(*request_, std::move(answer)));
}

void HttpPump::respond(const http::Response& response) {
  if (gone_ || request_ == nullptr) return;
  const bool keep_alive = request_->keep_alive && !close_after_;
  connection_.send_bytes(
      http::serialize(response, keep_alive, request_->version, request_->method == "HEAD"));
  if (keep_alive) return next_request();
  phase_ = Phase::answering;
  gone_ = true;
  timer_.cancel();
  connection_.close();
}

void HttpPump::next_request() {
  phase_ = Phase::head;
  request_.reset();
  endpoint_ = nullptr;
  wait(connection_.io().options().keep_alive_timeout);
  if (processing_ || waiting_.empty()) return;
  // Whoever answers may be in the middle of something else: what waits behind is for another turn.
  connection_.io().shard().post([self = self_] {
    if (*self != nullptr) (*self)->process_waiting();
  });
}

void HttpPump::process_waiting() {
  if (phase_ == Phase::answering) return;
  const std::string bytes = std::exchange(waiting_, {});
  process(bytes);
}

// ---- to a WebSocket ----

void HttpPump::upgrade(engineio::Session* session, AddressGate::Lease lease, std::string_view rest) {
  const bool valid = websocket::valid_key(request_->headers.find("sec-websocket-key")) &&
                     request_->headers.find("sec-websocket-version") == kWebSocketVersion;
  auto pump = std::make_unique<WebSocketPump>(connection_, endpoint_->engine().options().max_payload_bytes);
  WebSocketPump& websocket = *pump;
  if (!valid) {
    close_after_ = true;
    return respond(endpoint_->refuse(*request_, Refusal::bad_request));
  }
  const bool welcome = session == nullptr || session->on_probe(websocket);
  connection_.send_bytes(switching_protocols(*request_));
  gone_ = true;
  *self_ = nullptr;
  timer_.cancel();
  connection_.set_pump(std::move(pump));
  // As the original does: clients expect the handshake, then the end.
  if (!welcome) return websocket.close(engineio::CloseReason::forced_close);
  if (session == nullptr) {
    session = &endpoint_->engine().open_websocket(endpoint_->handshake(*request_, connection_.peer_address()),
                                                  websocket);
    session->keep(std::move(lease));
  }
  websocket.bind(*session);
  std::string bytes(rest);
  if (!bytes.empty()) websocket.on_bytes(bytes.data(), bytes.size());
}

// ---- ending ----

void HttpPump::wait(std::chrono::milliseconds timeout) {
  timer_ = connection_.io().shard().after(timeout, [this] { on_timeout(); });
}

void HttpPump::on_timeout() {
  if (phase_ == Phase::head && reader_.idle()) {
    gone_ = true;
    return connection_.close();
  }
  on_error(408);
}

void HttpPump::on_shutdown() {
  close_after_ = true;
  if (phase_ == Phase::head && reader_.idle() && !gone_) {
    gone_ = true;
    connection_.close();
  }
}

void HttpPump::give_up() {
  gone_ = true;
  connection_.abort();
}

void HttpPump::on_closed() {
  gone_ = true;
  site_.half_open.leave(*this);
  *self_ = nullptr;
  timer_.cancel();
  if (session_ != nullptr) std::exchange(session_, nullptr)->on_request_lost(*this);
}

}  // namespace belfry::net
