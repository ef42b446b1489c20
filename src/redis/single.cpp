#include <optional>
#include <utility>

#include "redis/deployment.h"
#include "redis/node.h"
#include "redis/sentinels.h"

namespace belfry::redis {

namespace {

constexpr std::string_view kCategory = "redis";

Greeting greeting_of(const RedisOptions& options) {
  return {.user = options.user,
          .password = options.password,
          .database = options.database,
          .client_name = options.client_name,
          .only_a_master = options.kind == RedisKind::sentinel};
}

/// One node that does everything.
class Single : public Deployment {
 public:
  Single(Home& home, Events events)
      : home_(home),
        events_(std::move(events)),
        node_(
            home, greeting_of(home.options), [this](auto found) { find(std::move(found)); },
            Node::Events{
                .confirmed = events_.confirmed,
                .refused = [this](const Subscription& what, const Error& why) { on_refused(what, why); },
                .published = events_.published,
                .changed = [this] { events_.changed(node_.is_up()); }}) {
    if (home_.options.kind != RedisKind::sentinel) return;
    sentinels_.emplace(home_, [this] { node_.renew({ErrorKind::unavailable, "there is another master"}); });
  }

  void start() override {
    if (sentinels_) sentinels_->start();
    node_.start();
  }
  void stop() override {
    node_.stop();
    if (sentinels_) sentinels_->stop();
  }
  void flush() override {
    node_.flush();
    if (sentinels_) sentinels_->flush();
  }
  void subscribe(const Subscription& what) override { node_.subscribe(what); }
  void unsubscribe(const Subscription& what) override { node_.unsubscribe(what); }

  void send(Request request) override {
    request.done = [this, done = std::move(request.done)](Result<std::vector<Reply>> replies) {
      if (replies && is_demoted(*replies)) node_.renew({ErrorKind::unavailable, "Redis is a replica now"});
      if (done) done(std::move(replies));
    };
    node_.send(std::move(request));
  }

  void count(Listen how, const std::string& channel, OnCount done) override {
    node_.send(count_request(home_, how, channel, std::move(done)));
  }

 private:
  static bool is_demoted(const std::vector<Reply>& replies) {
    for (const Reply& reply : replies) {
      if (reply.is_error() && reply.text.starts_with("READONLY")) return true;
    }
    return false;
  }

  void find(std::function<void(Result<RedisAddress>)> found) {
    if (sentinels_) return sentinels_->find(std::move(found));
    found(home_.options.addresses.front());
  }

  void on_refused(const Subscription& what, const Error& why) {
    home_.log.error(kCategory, "a subscription was refused", {{"to", what.second}, {"why", why.message}});
  }

  Home& home_;
  const Events events_;
  std::optional<Sentinels> sentinels_;
  Node node_;
};

}  // namespace

Request count_request(Home& home, Listen how, const std::string& channel, Deployment::OnCount done) {
  const char* const what = how == Listen::shard ? "SHARDNUMSUB" : "NUMSUB";
  return own_request(home, {"PUBSUB", what, channel}, [done = std::move(done)](const Result<Reply>& reply) {
    if (!reply) return done(std::unexpected(reply.error()));
    if (reply->items.size() != 2) return done(fail(ErrorKind::malformed, "Redis answered no count"));
    done(reply->items[1].integer);
  });
}

std::unique_ptr<Deployment> make_single(Home& home, Deployment::Events events) {
  return std::make_unique<Single>(home, std::move(events));
}

}  // namespace belfry::redis
