#include "net/forward.h"

#include "http/forwarding.h"
#include "net/http_pump.h"
#include "net/relay.h"

namespace belfry::net {

namespace {

constexpr int kSwitchingProtocols = 101;
constexpr int kBadGateway = 502;
constexpr int kUnavailable = 503;
constexpr int kGatewayTimeout = 504;
constexpr std::chrono::milliseconds kLastWait{1'000};

}  // namespace

Forward::Forward(ShardIo& io, Peers& peers, std::string request, bool upgrade, bool head_only,
                 std::shared_ptr<ForwardLink> link, std::shared_ptr<const void> slot)
    : io_(io),
      peers_(peers),
      request_(std::move(request)),
      upgrade_(upgrade),
      head_only_(head_only),
      link_(std::move(link)),
      slot_(std::move(slot)) {
  wait(peers_.connect_timeout(), Forwarded::unreachable, kBadGateway);
}

void Forward::begin(ShardIo& io, Peers& peers, const PeerAddress& where, std::string request, bool upgrade,
                    bool head_only, std::shared_ptr<ForwardLink> link, std::shared_ptr<const void> slot) {
  std::unique_ptr<Forward> pump(
      new Forward(io, peers, std::move(request), upgrade, head_only, link, std::move(slot)));
  Connection* const peer = Connection::dial(io, where.host, where.port, std::move(pump));
  if (link->client != nullptr) link->peer = peer;
}

void Forward::on_connected() {
  connected_ = true;
  wait(peers_.answer_timeout(), Forwarded::timeout, kGatewayTimeout);
  link_->peer->send_bytes(request_);
}

void Forward::on_bytes(char* data, std::size_t size) {
  if (link_->client == nullptr) return;
  if (in_body_) return on_body({data, size});
  const std::size_t before = head_.size();
  head_.append(data, size);
  const auto end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
  if (end == std::string::npos) {
    if (head_.size() > io_.options().max_header_bytes) fail(Forwarded::lost, kBadGateway);
    return;
  }
  const std::string rest = head_.substr(end + 4);
  head_.resize(end + 4);
  on_head(rest);
}

void Forward::on_head(std::string_view rest) {
  const auto head = http::read_forwarded_head(head_);
  const bool switches = head && head->status == kSwitchingProtocols;
  if (!head || (switches && !upgrade_)) return fail(Forwarded::lost, kBadGateway);
  HttpPump& client = *link_->client;
  if (switches) {
    timer_.cancel();
    peers_.count(Forwarded::upgraded);
    Connection& peer = *std::exchange(link_->peer, nullptr);
    link_->client = nullptr;
    return Relay::join(client, peer, http::serialize_head(*head, true, client.version()), rest, slot_);
  }
  left_ = head_only_ ? 0 : head->content_length;
  in_body_ = true;
  client.connection().send_bytes(http::serialize_head(*head, client.keeps_alive(), client.version()));
  on_body(rest);
}

void Forward::on_body(std::string_view bytes) {
  HttpPump& client = *link_->client;
  bytes = bytes.substr(0, left_);
  left_ -= bytes.size();
  if (!bytes.empty()) client.connection().send_bytes(std::string(bytes));
  if (left_ > 0) {
    wait(peers_.answer_timeout(), Forwarded::timeout, kGatewayTimeout);
    return slow_down();
  }
  timer_.cancel();
  peers_.count(Forwarded::answered);
  link_->client = nullptr;
  std::exchange(link_->peer, nullptr)->abort();
  client.end_answer();  // last: it may go on with its next request
}

// A client that does not read keeps its answer at the other server.
void Forward::slow_down() {
  Connection& client = link_->client->connection();
  if (client.queued_bytes() <= io_.options().max_unread_bytes) return;
  link_->paused = true;
  link_->peer->pause(true);
  client.tell_when_written();
}

void Forward::fail(Forwarded outcome, int status) {
  timer_.cancel();
  HttpPump* const client = std::exchange(link_->client, nullptr);
  Connection* const peer = std::exchange(link_->peer, nullptr);
  peers_.count(outcome);
  if (peer != nullptr) peer->abort();
  if (client == nullptr) return;
  if (in_body_) return client->connection().abort();  // it cannot be told any more
  client->on_forward_failed(status);
}

void Forward::wait(std::chrono::milliseconds timeout, Forwarded outcome, int status) {
  timer_ = io_.shard().after(timeout, [=, this] {
    // How long a client may take to read is its own connection's business.
    if (link_->paused) return wait(timeout, outcome, status);
    fail(outcome, status);
  });
}

// The server stops: a poll that waits at its session's node is not waited for.
void Forward::on_shutdown() {
  if (link_->client != nullptr) wait(kLastWait, Forwarded::lost, kUnavailable);
}

void Forward::on_closed() {
  if (link_->client == nullptr) return;
  link_->peer = nullptr;
  fail(connected_ ? Forwarded::lost : Forwarded::unreachable, kBadGateway);
}

}  // namespace belfry::net
