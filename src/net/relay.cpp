#include "net/relay.h"

#include "core/ids.h"
#include "net/http_pump.h"

namespace belfry::net {

void Relay::join(HttpPump& client, Connection& peer, std::string head, std::string_view rest,
                 const std::shared_ptr<const void>& slot) {
  Connection& own = client.connection();
  const std::string early = client.leave();
  std::unique_ptr<Relay> near(new Relay(own, slot));
  std::unique_ptr<Relay> far(new Relay(peer, slot));
  near->other_ = far.get();
  far->other_ = near.get();
  own.set_pump(std::move(near));
  peer.set_pump(std::move(far));
  own.send_bytes(head.append(rest));
  if (!early.empty()) peer.send_bytes(early);
}

void Relay::on_bytes(char* data, std::size_t size) {
  if (other_ == nullptr) return;
  Connection& to = other_->own_;
  to.send_bytes(std::string(data, size));
  if (to.queued_bytes() <= own_.io().options().max_unread_bytes) return;
  own_.pause(true);
  to.tell_when_written();
}

// What the other end has sent is through.
void Relay::on_written() {
  if (other_ != nullptr) other_->own_.pause(false);
}

void Relay::on_shutdown() {
  std::uint16_t random = 0;
  random_bytes(&random, sizeof random);
  last_ = own_.io().shard().after(std::chrono::milliseconds(random % 1'000), [this] { own_.close(); });
}

void Relay::on_closed() {
  last_.cancel();
  if (other_ == nullptr) return;
  Relay& other = *std::exchange(other_, nullptr);
  other.other_ = nullptr;
  other.own_.close();
}

}  // namespace belfry::net
