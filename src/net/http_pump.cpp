#include "net/http_pump.h"

#include "net/websocket_pump.h"
#include "websocket/handshake.h"
#include "websocket/subprotocol.h"

namespace belfry::net {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

HttpPump::HttpPump(Connection& connection, Site& site)
    : connection_(connection),
      site_(site),
      reader_({connection.io().options().max_header_bytes, site.max_body_bytes}),
      self_(std::make_shared<HttpPump*>(this)) {
  site_.half_open.enter(*this);
  wait(connection_.io().options().header_timeout);
}

HttpPump::~HttpPump() = default;

// ---- reading ----

void HttpPump::on_bytes(char* data, std::size_t size) {
  if (waiting_.empty()) return process({data, size});
  if (keep_waiting({data, size})) process_waiting();
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
  while (!bytes.empty() && phase_ != Phase::answering && client_reads()) {
    const bool begins = phase_ == Phase::head && reader_.idle();
    const http::Step step = reader_.feed(bytes);
    bytes.remove_prefix(step.consumed);
    if (begins && !reader_.idle()) wait(connection_.io().options().header_timeout);
    if (!on_step(step.outcome, bytes)) break;
  }
  processing_ = false;
  if (gone_) return;
  if (phase_ != Phase::answering && !reader_.idle() && !linked()) site_.half_open.enter(*this);
  if (bytes.empty()) return;
  if (keep_waiting(bytes) && phase_ != Phase::answering) connection_.tell_when_written();
}

// False: more waits than may, and the connection has been cut.
bool HttpPump::keep_waiting(std::string_view bytes) {
  waiting_.append(bytes);
  if (waiting_.size() <= connection_.io().options().max_pipelined_bytes) return true;
  site_.refused.add(HttpRefusal::pipelined);
  connection_.abort();
  return false;
}

// Who asks on without reading the answers waits: they would pile up here.
bool HttpPump::client_reads() const {
  return connection_.queued_bytes() <= connection_.io().options().max_unread_bytes;
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
  if (connection_.from_peer() && !admit_forwarded(head)) {
    on_error(403);
    return false;
  }
  if (endpoint_ != nullptr && !is_elsewhere(head)) {
    const int shard = EngineEndpoint::shard_of(head);
    const int own = static_cast<int>(connection_.io().shard().index());
    if (shard >= 0 && shard != own && shard < static_cast<int>(site_.all->size())) {
      move_to(*(*site_.all)[static_cast<std::size_t>(shard)], outcome, rest);
      return false;
    }
    if (head.method == "POST") begin_post();
  }
  if (outcome == http::Outcome::need_more && phase_ == Phase::body) begin_body();
  if (phase_ == Phase::body && reader_.expects_continue()) connection_.send_bytes(std::string(kContinue));
  return true;
}

void HttpPump::begin_body() {
  const Options& options = connection_.io().options();
  body_since_ = connection_.io().shard().now();
  wait(std::min(options.body_grace, options.request_timeout));
}

// A session may be asked before the body has come: it takes one POST at a time.
void HttpPump::begin_post() {
  const http::Request& head = reader_.head();
  const auto plan = endpoint_->plan(head);
  if (plan.refusal || plan.session == nullptr || plan.websocket) return;
  if (EngineEndpoint::is_bytes(head) && !plan.session->dialect().v3) {
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
  auto moved = connection_.release();
  if (moved.fd < 0) return;
  auto resume = [&site, moved = std::move(moved), outcome, reader = std::move(reader_),
                 rest = std::string(rest), lease = std::move(lease)]() mutable {
    Connection* connection = Connection::adopt(site.io, std::move(moved));
    if (connection == nullptr) return;
    connection->keep(std::move(lease));
    auto pump = std::make_unique<HttpPump>(*connection, site);
    HttpPump& resumed = *pump;
    connection->set_pump(std::move(pump));
    resumed.resume(std::move(reader), outcome, rest);
    connection->read_rest();
  };
  // The mailbox may be opened before sockets are read that had something to read first, say the packet that
  // ends an upgrade: one turn later all of them have been read.
  runtime::Shard& shard = site.io.shard();
  shard.post([&shard, resume = std::move(resume)]() mutable { shard.post(std::move(resume)); });
}

void HttpPump::take_request(http::Request request) {
  request.secure = connection_.secure() || client_secure_;
  request_ = std::make_unique<http::Request>(std::move(request));
}

void HttpPump::on_error(int status) {
  close_after_ = true;
  if (session_ != nullptr) std::exchange(session_, nullptr)->on_post_dropped();
  if (phase_ == Phase::answering) return;
  site_.refused.add(refusal_of(status, phase_ == Phase::body));
  take_request(reader_.head_ready() ? reader_.head() : http::Request());
  if (endpoint_ == nullptr) return respond(site_.refusal(*request_, status));
  respond(endpoint_->with_cors(*request_, http::text(status, std::string(http::reason_phrase(status)))));
}

// ---- answering ----

void HttpPump::on_request(std::string_view rest) {
  timer_.cancel();
  site_.half_open.leave(*this);
  phase_ = Phase::answering;
  take_request(reader_.take());
  if (endpoint_ != nullptr) return on_engine_request(rest);
  site_.application({*request_, connection_.peer_address()}, Responder(connection_.io().shard(), self_));
}

void HttpPump::on_engine_request(std::string_view rest) {
  if (request_->method == "OPTIONS") return respond(endpoint_->preflight(*request_));
  if (is_elsewhere(*request_)) return forward();
  const auto plan = endpoint_->plan(*request_);
  if (plan.refusal) {
    // The body's session is gone, or is no polling session any more.
    if (session_ != nullptr) std::exchange(session_, nullptr)->on_post_dropped();
    return respond(endpoint_->refuse(*request_, *plan.refusal));
  }
  if (plan.session == nullptr) {
    if (site_.admission != nullptr && endpoint_->admits()) return ask_to_admit();
    return open_session(rest);
  }
  if (plan.websocket) return upgrade(plan.session, {}, rest);
  on_session_request(*plan.session);
}

void HttpPump::on_session_request(engineio::Session& session) {
  if (request_->method == "GET") {
    session_ = &session;
    session.on_poll(*this);
  } else if (request_->method == "POST" && session_ == &session) {
    endpoint_->post(session, *this, *request_);
  } else {
    respond(endpoint_->refuse(*request_, Refusal::bad_request));
  }
}

void HttpPump::answer(engineio::Answer answer) {
  session_ = nullptr;
  if (request_ == nullptr) {
    // The session has ended while the body was still coming.
    take_request(reader_.head());
    close_after_ = true;
    phase_ = Phase::answering;
  }
  respond(endpoint_->respond(*request_, std::move(answer)));
}

void HttpPump::respond(const http::Response& response) {
  if (gone_ || request_ == nullptr) return;
  connection_.send_bytes(
      http::serialize(response, keeps_alive(), request_->version, request_->method == "HEAD"));
  end_answer();
}

bool HttpPump::keeps_alive() const {
  return request_->keep_alive && !close_after_ && !site_.stopping;
}

void HttpPump::end_answer() {
  if (keeps_alive()) return next_request();
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
  process_later();
}

void HttpPump::on_written() {
  if (link_ != nullptr && link_->peer != nullptr && std::exchange(link_->paused, false)) {
    link_->peer->pause(false);
  }
  if (!waiting_.empty()) process_later();
}

// Whoever answers may be in the middle of something else: what waits behind is for another turn.
void HttpPump::process_later() {
  connection_.io().shard().post([self = self_] {
    if (*self != nullptr) (*self)->process_waiting();
  });
}

void HttpPump::process_waiting() {
  if (phase_ == Phase::answering || gone_) return;
  const std::string bytes = std::exchange(waiting_, {});
  process(bytes);
}

// ---- ending ----

void HttpPump::wait(std::chrono::milliseconds timeout) {
  timer_ = connection_.io().shard().after(timeout, [this] { on_timeout(); });
}

void HttpPump::on_timeout() {
  if (asking_ != nullptr) return on_verdict({});
  if (phase_ == Phase::head && reader_.idle()) {
    gone_ = true;
    return connection_.close();
  }
  if (phase_ == Phase::body) return on_body_time();
  on_error(408);
}

// The time is up, or it is time to see how fast the body comes.
void HttpPump::on_body_time() {
  const Options& options = connection_.io().options();
  const std::chrono::duration<double> elapsed = connection_.io().shard().now() - body_since_;
  const std::chrono::duration<double> left = options.request_timeout - elapsed;
  const double least = elapsed.count() * static_cast<double>(options.min_body_bytes_per_s);
  if (left.count() <= 0 || static_cast<double>(reader_.head().body.size()) < least) return on_error(408);
  wait(std::min(options.body_grace, std::chrono::ceil<std::chrono::milliseconds>(left)));
}

void HttpPump::on_shutdown() {
  if (asking_ != nullptr) {
    asking_.reset();
    return respond(endpoint_->refuse_busy(*request_));
  }
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
  asking_.reset();
  timer_.cancel();
  if (session_ != nullptr) std::exchange(session_, nullptr)->on_request_lost(*this);
  leave_forward();
}

}  // namespace belfry::net
