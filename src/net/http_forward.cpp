// Requests whose session lives on another server of the cluster.
#include "core/ids.h"
#include "http/forwarding.h"
#include "http/query.h"
#include "net/forward_seal.h"
#include "net/http_pump.h"

namespace belfry::net {

// What another server brings is signed, and is of Engine.IO. It is never forwarded again.
bool HttpPump::admit_forwarded(const http::Request& head) {
  if (site_.peers == nullptr || endpoint_ == nullptr) return false;
  auto client =
      open_forward(site_.peers->secret(), head.method, head.target, head.headers.find(kForwardField));
  if (!client) return false;
  connection_.set_client_address(std::move(client->address));
  client_secure_ = client->secure;
  return true;
}

bool HttpPump::is_elsewhere(const http::Request& head) const {
  if (site_.peers == nullptr || connection_.from_peer()) return false;
  const auto sid = http::query_value(head.query(), "sid");
  const std::string_view node = sid ? node_of_sid(*sid) : std::string_view();
  return !node.empty() && node != site_.peers->node();
}

void HttpPump::forward() {
  close_after_ |= request_->upgrade();  // what follows may be frames
  Peers& peers = *site_.peers;
  const std::string sid = http::query_value(request_->query(), "sid").value_or("");
  const auto where = peers.find(node_of_sid(sid));
  if (!where) {
    peers.count(Forwarded::unknown_node);
    return respond(endpoint_->refuse(*request_, Refusal::unknown_sid));
  }
  auto slot = peers.begin();
  if (slot == nullptr) {
    peers.count(Forwarded::busy);
    return on_forward_failed(503);
  }
  const ForwardedFor client{connection_.peer_address(), request_->secure};
  const auto seal = seal_forward(peers.secret(), request_->method, request_->target, client);
  link_ = std::make_shared<ForwardLink>();
  link_->client = this;
  Forward::begin(connection_.io(), peers, *where,
                 http::serialize_forwarded(*request_, {{std::string(kForwardField), seal}}),
                 request_->upgrade(), request_->method == "HEAD", link_, std::move(slot));
}

void HttpPump::on_forward_failed(int status) {
  respond(endpoint_->with_cors(*request_, http::text(status, std::string(http::reason_phrase(status)))));
}

std::string HttpPump::leave() {
  gone_ = true;
  *self_ = nullptr;
  timer_.cancel();
  return std::exchange(waiting_, {});
}

// The client has gone, so the other server need not answer.
void HttpPump::leave_forward() {
  if (link_ == nullptr || std::exchange(link_->client, nullptr) == nullptr) return;
  site_.peers->count(Forwarded::left);
  if (Connection* const peer = std::exchange(link_->peer, nullptr)) peer->abort();
}

}  // namespace belfry::net
