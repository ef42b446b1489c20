#include "redis/link.h"

#include <algorithm>
#include <utility>

#include "core/ids.h"

namespace belfry::redis {

namespace {

constexpr std::string_view kCategory = "redis";
constexpr int kMaxDoublings = 20;

/// 0 to 1, by chance.
double chance() {
  std::uint32_t bits = 0;
  random_bytes(&bits, sizeof bits);
  return bits / 4294967296.0;
}

}  // namespace

Link::Link(Home& home, Greeting greeting, Find find, Events events)
    : home_(home), greeting_(std::move(greeting)), find_(std::move(find)), events_(std::move(events)) {}

Link::~Link() {
  stop();
}

void Link::start() {
  find();
}

void Link::stop() {
  renew_timer_.cancel();
  timer_.cancel();
  close({ErrorKind::closed, "the Redis client has ended"});
}

void Link::renew(Error why) {
  renew_timer_ = home_.shard.after(milliseconds(0), [this, why = std::move(why)] { lose(why); });
}

// ---- the way to readiness ----

void Link::find() {
  timer_ = home_.shard.after(home_.options.connect_timeout,
                             [this] { lose({ErrorKind::timed_out, "it took too long to connect"}); });
  search_ = std::make_shared<int>();
  find_([this, search = std::weak_ptr<int>(search_)](const Result<RedisAddress>& found) {
    if (search.expired()) return;
    search_.reset();
    if (!found) return lose(found.error());
    connect(*found);
  });
}

void Link::connect(const RedisAddress& address) {
  where_ = address.text();
  session_ =
      std::make_unique<Session>(home_.options.max_reply_bytes, home_.options.command_timeout,
                                Session::Events{.ready = [this] { on_ready(); }, .pushed = events_.pushed});
  channel_ = std::make_unique<Channel>(
      home_.shard, address, home_.tls,
      home_.options.tls_server_name.empty() ? address.host : home_.options.tls_server_name,
      Channel::Events{.opened =
                          [this] {
                            session_->greet(greeting_, home_.shard.now());
                            flush();
                          },
                      .received = [this](std::string_view bytes) { on_received(bytes); },
                      .drained = [this] { events_.drained(); },
                      .closed = [this](const Error& why) { lose(why); }});
  channel_->open();
}

void Link::on_received(std::string_view bytes) {
  if (const auto received = session_->receive(bytes); !received) return lose(received.error());
}

void Link::on_ready() {
  timer_.cancel();
  ready_since_ = home_.shard.now();
  if (std::exchange(was_ready_, true)) home_.reconnects.add(1);
  home_.log.info(kCategory, "connected", {{"to", where_}});
  events_.ready();
}

// ---- loss ----

void Link::lose(const Error& why) {
  const bool was_ready = is_ready();
  // One that is lost again and again as soon as it is there deserves no better than one that fails.
  if (was_ready && home_.shard.now() - ready_since_ > home_.options.reconnect_max) attempts_ = 0;
  if (was_ready || attempts_ == 0) {
    home_.log.warn(kCategory, was_ready ? "connection lost" : "cannot connect",
                   {{"to", where_}, {"why", why.message}});
  } else {
    home_.log.debug(kCategory, "cannot connect", {{"to", where_}, {"why", why.message}});
  }
  close({ErrorKind::unavailable, "the connection to Redis was lost"});
  timer_ = home_.shard.after(next_pause(), [this] { find(); });
  if (was_ready) events_.lost();
}

void Link::close(const Error& why) {
  search_.reset();
  late_timer_.cancel();
  watches_ = false;
  if (channel_ != nullptr) {
    channel_->close();
    home_.retired.push_back(std::move(channel_));
  }
  if (const auto session = std::move(session_); session != nullptr) session->end(why);
}

milliseconds Link::next_pause() {
  if (attempts_ == 0) return ++attempts_, milliseconds(0);
  const int doublings = std::min(attempts_++ - 1, kMaxDoublings);
  const auto pause =
      std::min<milliseconds>(home_.options.reconnect_base * (1LL << doublings), home_.options.reconnect_max);
  const double part = 1 - std::clamp(home_.options.reconnect_jitter, 0.0, 1.0) * chance();
  return std::chrono::duration_cast<milliseconds>(pause * part);
}

// ---- what is said ----

void Link::send(std::string_view bytes, std::size_t replies, Session::OnReplies done) {
  session_->send(bytes, replies, std::move(done), home_.shard.now());
  watch_answers();
}

void Link::subscribe(std::string_view bytes, Session::Confirmation confirmation, Session::OnReplies done) {
  session_->subscribe(bytes, std::move(confirmation), std::move(done), home_.shard.now());
  watch_answers();
}

void Link::flush() {
  if (session_ == nullptr) return;
  channel_->write(session_->take_output());
  channel_->flush();
}

// One timer for all answers: looked at when the oldest of then is late, not set for each.
void Link::watch_answers() {
  if (watches_) return;
  const auto deadline = session_->deadline();
  if (!deadline) return;
  watches_ = true;
  late_timer_ = home_.shard.at(*deadline, [this] { on_late(); });
}

void Link::on_late() {
  watches_ = false;
  const auto deadline = session_->deadline();
  if (deadline && *deadline <= home_.shard.now())
    return lose({ErrorKind::timed_out, "Redis does not answer"});
  watch_answers();
}

}  // namespace belfry::redis
