#include "redis/session.h"

#include "redis/command.h"

namespace belfry::redis {

Session::Session(std::size_t max_reply_bytes, milliseconds command_timeout, Events events)
    : command_timeout_(command_timeout), events_(std::move(events)), reader_(max_reply_bytes) {}

// ---- the greeting ----

// All of it at once: it costs one round trip.
void Session::greet(const Greeting& greeting, TimePoint now) {
  const auto is_no_error = [](const Reply& reply) { return !reply.is_error(); };
  if (!greeting.user.empty()) {
    say({"AUTH", greeting.user, greeting.password}, is_no_error, now);
  } else if (!greeting.password.empty()) {
    say({"AUTH", greeting.password}, is_no_error, now);
  }
  // A user who may not have a name goes without.
  if (!greeting.client_name.empty()) {
    say({"CLIENT", "SETNAME", greeting.client_name}, [](const Reply&) { return true; }, now);
  }
  if (greeting.database != 0) say({"SELECT", std::to_string(greeting.database)}, is_no_error, now);
  // Something is asked in any case, so that nobody is ready who does not answer.
  if (!greeting.only_a_master) return say({"PING"}, is_no_error, now);
  const auto is_master = [](const Reply& reply) {
    return !reply.items.empty() && reply.items[0].text == "master";
  };
  say({"ROLE"}, is_master, now);
}

void Session::say(std::initializer_list<std::string_view> words, bool (*is_good)(const Reply&),
                  TimePoint now) {
  ++greetings_;
  const auto judge = [this, is_good, what = std::string(*words.begin())](const auto& replies) {
    if (!replies) return;
    if (is_good(replies->front())) {
      --greetings_;
    } else {
      refuse(what, replies->front());
    }
  };
  await(encode(words), {1, {}, judge, now});
}

// The first one counts: where AUTH fails, all that follows does. Redis may repeat what it does not know, and
// so a password: of what it says to AUTH only the code is taken.
void Session::refuse(const std::string& what, const Reply& reply) {
  if (refused_) return;
  if (!reply.is_error()) {
    refused_ = {ErrorKind::unavailable, "it is no master"};
  } else if (what == "AUTH") {
    refused_ = {ErrorKind::unavailable,
                "Redis refuses the user or password: " + reply.text.substr(0, reply.text.find(' '))};
  } else {
    refused_ = error_of(reply);
  }
}

// ---- commands ----

void Session::await(std::string_view bytes, Awaited awaited) {
  out_ += bytes;
  awaited_.push_back(std::move(awaited));
}

void Session::send(std::string_view bytes, std::size_t replies, OnReplies done, TimePoint now) {
  await(bytes, {replies, {}, std::move(done), now});
}

void Session::subscribe(std::string_view bytes, Confirmation confirmation, OnReplies done, TimePoint now) {
  await(bytes, {1, std::move(confirmation), std::move(done), now});
}

// ---- answers ----

Result<> Session::receive(std::string_view bytes) {
  reader_.feed(bytes);
  while (true) {
    auto reply = reader_.next();
    if (!reply) return std::unexpected(reply.error());
    if (!*reply) return {};
    if (auto taken = take(std::move(**reply)); !taken) return taken;
  }
}

// What answers a command that subscribes says what it is about; commands proper are never mixed with these.
bool Session::is_pushed(const Reply& reply) const {
  if (!is_ready_ || !events_.pushed || reply.items.size() < 3) return false;
  if (awaited_.empty()) return true;
  const auto& confirmation = awaited_.front().confirmation;
  return confirmation &&
         (reply.items[0].text != confirmation->first || reply.items[1].text != confirmation->second);
}

Result<> Session::take(Reply reply) {
  if (is_pushed(reply)) {
    events_.pushed(std::move(reply));
    return {};
  }
  if (awaited_.empty()) return fail(ErrorKind::malformed, "Redis sent what nobody has asked for");
  Awaited& front = awaited_.front();
  front.replies.push_back(std::move(reply));
  if (front.replies.size() < front.count) return {};
  Awaited answered = std::move(front);
  awaited_.pop_front();
  if (answered.done) answered.done(std::move(answered.replies));
  if (refused_) return std::unexpected(*refused_);
  if (!is_ready_ && greetings_ == 0) {
    is_ready_ = true;
    events_.ready();
  }
  return {};
}

std::optional<TimePoint> Session::deadline() const {
  if (awaited_.empty()) return std::nullopt;
  return later(awaited_.front().sent, command_timeout_);
}

void Session::end(const Error& why) {
  for (auto& awaited : std::exchange(awaited_, {})) {
    if (awaited.done) awaited.done(std::unexpected(why));
  }
}

}  // namespace belfry::redis
