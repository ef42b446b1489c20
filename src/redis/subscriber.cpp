#include "redis/subscriber.h"

#include <array>
#include <optional>

#include "redis/command.h"

namespace belfry::redis {

namespace {

/// What Redis calls a way of listening: its commands, what it answers, and what it sends.
struct Words {
  std::string_view subscribe;
  std::string_view subscribed;
  std::string_view unsubscribe;
  std::string_view unsubscribed;
  std::string_view message;
};
constexpr std::array<Words, 3> kWords = {{
    {"SUBSCRIBE", "subscribe", "UNSUBSCRIBE", "unsubscribe", "message"},
    {"PSUBSCRIBE", "psubscribe", "PUNSUBSCRIBE", "punsubscribe", "pmessage"},
    {"SSUBSCRIBE", "ssubscribe", "SUNSUBSCRIBE", "sunsubscribe", "smessage"},
}};

const Words& words_of(Listen how) {
  return kWords[static_cast<std::size_t>(how)];
}

/// What was published, where `push` is that; it has at least three items.
std::optional<Published> published_of(Reply& push) {
  for (const Listen how : {Listen::channel, Listen::pattern, Listen::shard}) {
    if (push.items[0].text != words_of(how).message) continue;
    Published out;
    out.how = how;
    out.subscribed = std::move(push.items[1].text);
    if (how == Listen::pattern && push.items.size() < 4) return std::nullopt;
    out.channel = how == Listen::pattern ? std::move(push.items[2].text) : out.subscribed;
    out.payload = std::move(push.items.back().text);
    return out;
  }
  return std::nullopt;
}

}  // namespace

Subscriber::Subscriber(Home& home, Greeting greeting, Find find, Events events)
    : events_(std::move(events)),
      link_(home, std::move(greeting), std::move(find),
            Link::Events{.ready = [this] { ask_all(); },
                         .lost = [this] { on_lost(); },
                         .drained = [] {},
                         .pushed = [this](Reply push) { on_pushed(std::move(push)); }}) {}

void Subscriber::subscribe(const Subscription& what) {
  const Place place = wanted_.try_emplace(what).first;
  change(place, State::none);
  if (link_.is_ready()) ask(place);
  events_.changed();
}

void Subscriber::unsubscribe(const Subscription& what) {
  const Place place = wanted_.find(what);
  if (place == wanted_.end()) return;
  change(place, State::none);
  wanted_.erase(place);
  if (link_.is_ready()) {
    const Words& words = words_of(what.first);
    // An error says that it was none any more.
    link_.subscribe(encode({words.unsubscribe, what.second}), {words.unsubscribed, what.second}, {});
  }
  events_.changed();
}

void Subscriber::change(Place place, State state) {
  if (place->second.state == State::confirmed) --confirmed_;
  if (state == State::confirmed) ++confirmed_;
  place->second.state = state;
}

void Subscriber::ask(Place place) {
  const Subscription& what = place->first;
  const Words& words = words_of(what.first);
  place->second.asked = ++asked_;
  change(place, State::asked);
  // Where the connection is lost before the answer, all is asked for anew.
  const auto judge = [this, what, asked = asked_](const Result<std::vector<Reply>>& replies) {
    if (replies) on_answer(what, asked, replies->front());
  };
  link_.subscribe(encode({words.subscribe, what.second}), {words.subscribed, what.second}, judge);
}

void Subscriber::ask_all() {
  for (auto place = wanted_.begin(); place != wanted_.end(); ++place) ask(place);
  link_.flush();
  events_.changed();
}

void Subscriber::ask_again() {
  if (!link_.is_ready()) return;
  for (auto place = wanted_.begin(); place != wanted_.end(); ++place) {
    if (place->second.state == State::none) ask(place);
  }
}

void Subscriber::on_lost() {
  for (auto place = wanted_.begin(); place != wanted_.end(); ++place) change(place, State::none);
  events_.changed();
}

void Subscriber::on_answer(const Subscription& what, std::uint64_t asked, const Reply& answer) {
  const Place place = wanted_.find(what);
  if (place == wanted_.end() || place->second.asked != asked) return;
  if (answer.is_error()) {
    change(place, State::none);
    events_.refused(what, error_of(answer));
  } else {
    change(place, State::confirmed);
    events_.confirmed(what);
  }
  events_.changed();
}

void Subscriber::on_pushed(Reply push) {
  if (auto published = published_of(push)) return events_.published(std::move(*published));
  for (const Listen how : {Listen::channel, Listen::pattern, Listen::shard}) {
    if (push.items[0].text != words_of(how).unsubscribed) continue;
    const Place place = wanted_.find({how, push.items[1].text});
    if (place == wanted_.end()) return;
    const Subscription what = place->first;
    change(place, State::none);
    events_.refused(what, {ErrorKind::unavailable, "Redis has ended the subscription"});
    events_.changed();
  }
}

}  // namespace belfry::redis
