#include "redis/sentinels.h"

#include <charconv>
#include <utility>

namespace belfry::redis {

namespace {

constexpr int kAnswersOfOne = 4;
const Subscription kSwitched{Listen::channel, "+switch-master"};

Greeting greeting_of(const RedisOptions& options) {
  return {.user = options.sentinel_user,
          .password = options.sentinel_password,
          .client_name = options.client_name};
}

}  // namespace

Sentinels::Sentinels(Home& home, std::function<void()> switched)
    : home_(home),
      switched_(std::move(switched)),
      asked_(home, greeting_of(home.options), in_turn(), Commands::Events{.ready = [] {}, .lost = [] {}}),
      watched_(home, greeting_of(home.options), in_turn(),
               Subscriber::Events{.confirmed = [](const Subscription&) {},
                                  .refused = [](const Subscription&, const Error&) {},
                                  .published = [this](const Published& one) { on_published(one); },
                                  .changed = [] {}}) {}

/// Each connection that is made goes to the next of them.
Find Sentinels::in_turn() {
  return [this, next = std::size_t{0}](const std::function<void(Result<RedisAddress>)>& found) mutable {
    const auto& all = home_.options.addresses;
    found(all[next++ % all.size()]);
  };
}

void Sentinels::start() {
  asked_.start();
  watched_.subscribe(kSwitched);
  watched_.start();
}

void Sentinels::stop() {
  asked_.stop();
  watched_.stop();
}

void Sentinels::flush() {
  asked_.flush();
  watched_.flush();
}

void Sentinels::find(std::function<void(Result<RedisAddress>)> done) {
  asked_.send(
      own_request(home_, {"SENTINEL", "get-master-addr-by-name", home_.options.master_name},
                  [this, done = std::move(done)](const Result<Reply>& reply) { judge(reply, done); }));
}

void Sentinels::judge(const Result<Reply>& reply, const std::function<void(Result<RedisAddress>)>& done) {
  if (!reply) return done(std::unexpected(reply.error()));
  if (++answers_ % kAnswersOfOne == 0 || reply->items.size() != 2) {
    asked_.renew({ErrorKind::unavailable, "another Sentinel is asked"});
  }
  if (reply->items.size() != 2) {
    return done(fail(ErrorKind::unavailable, "the Sentinel knows no such master"));
  }
  RedisAddress address{.host = reply->items[0].text};
  const std::string& port = reply->items[1].text;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || address.host.empty()) {
    return done(fail(ErrorKind::malformed, "the Sentinel answered no address"));
  }
  done(std::move(address));
}

// `<name> <old host> <old port> <new host> <new port>`
void Sentinels::on_published(const Published& published) {
  if (published.payload.starts_with(home_.options.master_name + " ")) switched_();
}

}  // namespace belfry::redis
