#include "redis/node.h"

#include <utility>

#include "core/ids.h"

namespace belfry::redis {

Node::Node(Home& home, const Greeting& greeting, const Find& find, Events events)
    : home_(home),
      events_(std::move(events)),
      probed_(Listen::channel, "belfry:probe:" + make_sid()),
      commands_(home, greeting, find,
                Commands::Events{.ready = [this] { on_changed(); }, .lost = [this] { on_changed(); }}),
      subscriber_(
          home, greeting, find,
          Subscriber::Events{.confirmed =
                                 [this](const Subscription& what) {
                                   if (what != probed_) events_.confirmed(what);
                                 },
                             .refused = events_.refused,
                             .published = [this](Published published) { on_published(std::move(published)); },
                             .changed = [this] { on_changed(); }}) {}

void Node::start() {
  subscriber_.subscribe(probed_);
  subscriber_.start();
  commands_.start();
}

void Node::stop() {
  timer_.cancel();
  subscriber_.stop();
  commands_.stop();
}

void Node::renew(const Error& why) {
  commands_.renew(why);
  subscriber_.renew(why);
}

void Node::flush() {
  commands_.flush();
  subscriber_.flush();
}

void Node::on_changed() {
  if (!commands_.is_ready() || !subscriber_.is_ready()) {
    timer_.cancel();
    word_.clear();
    return set_up(false);
  }
  if (!is_up_ && word_.empty() && subscriber_.is_settled()) probe();
}

void Node::probe() {
  word_ = make_sid();
  refusal_.clear();
  timer_ = home_.shard.after(home_.options.command_timeout, [this] { on_silent(); });
  subscriber_.ask_again();
  commands_.send(own_request(home_, {"PUBLISH", probed_.second, word_}, [this](const Result<Reply>& reply) {
    if (!reply) refusal_ = reply.error().message;
  }));
}

void Node::on_published(Published published) {
  if (published.subscribed != probed_.second) return events_.published(std::move(published));
  if (published.payload != word_) return;
  word_.clear();
  timer_ = home_.shard.after(home_.options.probe_interval, [this] { probe(); });
  if (subscriber_.is_settled()) set_up(true);
}

void Node::on_silent() {
  home_.probe_failures.add(1);
  word_.clear();
  renew({ErrorKind::timed_out,
         refusal_.empty() ? "a probe did not come back" : "a probe was refused: " + refusal_});
  set_up(false);
}

void Node::set_up(bool up) {
  if (std::exchange(is_up_, up) != up) events_.changed();
}

}  // namespace belfry::redis
