#include "redis/client.h"

#include <map>
#include <utility>

#include "redis/deployment.h"

namespace belfry::redis {

namespace {

constexpr std::string_view kCategory = "redis";

/// Takes what any thread asks to the client's own, and keeps who listens.
class ClientImpl : public Client {
 public:
  ClientImpl(const RedisOptions& options, std::shared_ptr<const net::TlsContext> tls, Log& log)
      : home_(options, std::move(tls), log),
        deployment_((options.kind == RedisKind::cluster ? make_cluster : make_single)(
            home_, {.confirmed = [this](const Subscription& what) { on_confirmed(what); },
                    .published = [this](const Published& published) { on_published(published); },
                    .changed = [this](bool up) { on_changed(up); }})) {
    home_.shard.on_turn_end([this] {
      deployment_->flush();
      home_.retired.clear();
    });
    home_.shard.post([this] { deployment_->start(); });
    home_.shard.start();
  }
  ~ClientImpl() override { stop(); }

  void send(Command command, OnReply done) override { put(request_of(command, guarded(std::move(done)))); }

  void send_all(std::vector<Command> commands, bool atomic, OnReply done) override {
    if (commands.empty()) {
      return home_.shard.post([done = guarded(std::move(done))] {
        if (done) done(Reply{.kind = Reply::Kind::array});
      });
    }
    put(request_of(commands, atomic, guarded(std::move(done))));
  }

  void listen(Listen how, std::string name, OnPublished on_published, std::function<void()> ready) override {
    home_.shard.post(
        [this, what = Subscription(how, std::move(name)),
         listener = std::make_shared<const Listener>(std::move(on_published), std::move(ready))] {
          listeners_[what] = listener;
          deployment_->subscribe(what);
        });
  }

  void unlisten(Listen how, const std::string& name) override {
    home_.shard.post([this, what = Subscription(how, name)] {
      if (listeners_.erase(what) > 0) deployment_->unsubscribe(what);
    });
  }

  void count_listeners(Listen how, const std::string& channel,
                       std::function<void(Result<std::int64_t>)> done) override {
    home_.shard.post(
        [this, how, channel, done = guarded(std::move(done))] { deployment_->count(how, channel, done); });
  }

  void on_state(std::function<void(bool)> told) override {
    home_.shard.post([this, told = guarded(std::move(told))] {
      told_.push_back(told);
      told(is_up_.get());
    });
  }

  ClientStats stats() const override {
    return {.up = is_up_.get(),
            .reconnects = home_.reconnects.get(),
            .commands = home_.commands.get(),
            .failed = home_.failed.get(),
            .refused = refused_.get(),
            .queued_bytes = home_.queued_bytes.get(),
            .probe_failures = home_.probe_failures.get(),
            .latency = home_.latency.read()};
  }

  void stop() override {
    if (is_stopped_.exchange(true)) return;
    home_.shard.post([this] { deployment_->stop(); });
    home_.shard.stop();
    home_.shard.join();
  }

 private:
  struct Listener {
    OnPublished published;
    std::function<void()> ready;
  };

  /// What was given to us, so that an exception out of it ends nothing else; empty where it is.
  template <class... Args>
  std::function<void(Args...)> guarded(std::function<void(Args...)> call) {
    if (!call) return {};
    return [this, call = std::move(call)](Args... args) {
      home_.shard.guarded([&] { call(std::forward<Args>(args)...); });
    };
  }

  // Any thread.
  void put(Request request) {
    if (is_stopped_.get()) return;
    const auto bytes = static_cast<std::int64_t>(request.bytes.size());
    if (home_.queued_bytes.get() + bytes > static_cast<std::int64_t>(home_.options.max_queued_bytes)) {
      refused_.add(1);
      home_.shard.post([done = std::move(request.done)] {
        if (done) done(fail(ErrorKind::unavailable, "too much waits for Redis"));
      });
      return;
    }
    home_.queued_bytes.add(bytes);
    home_.shard.post([this, request = std::move(request)]() mutable {
      request.since = home_.shard.now();
      deployment_->send(std::move(request));
    });
  }

  void on_confirmed(const Subscription& what) {
    const auto found = listeners_.find(what);
    if (found == listeners_.end() || !found->second->ready) return;
    home_.shard.guarded([listener = found->second] { listener->ready(); });
  }

  void on_published(const Published& published) {
    const auto found = listeners_.find({published.how, published.subscribed});
    if (found == listeners_.end()) return;
    home_.shard.guarded([&, listener = found->second] { listener->published(published); });
  }

  void on_changed(bool up) {
    is_up_.set(up);
    home_.log.info(kCategory, up ? "up" : "down");
    for (const auto& told : told_) told(up);
  }

  Home home_;
  runtime::Flag is_stopped_{false};
  runtime::Flag is_up_{false};  // changed on the client's thread only
  runtime::Counter refused_;
  std::map<Subscription, std::shared_ptr<const Listener>> listeners_;
  std::vector<std::function<void(bool)>> told_;
  std::unique_ptr<Deployment> deployment_;
};

}  // namespace

Result<std::unique_ptr<Client>> make_client(const RedisOptions& options, Log& log) {
  if (options.addresses.empty()) return fail_field("addresses", "must not be empty");
  if (options.kind == RedisKind::sentinel && options.master_name.empty()) {
    return fail_field("master_name", "must not be empty");
  }
  std::shared_ptr<const net::TlsContext> tls;
  if (options.tls) {
    auto loaded = net::TlsContext::for_client({.ca_file = options.tls_ca_file, .verify = options.tls_verify});
    if (!loaded) return std::unexpected(loaded.error());
    tls = std::move(*loaded);
  }
  return std::make_unique<ClientImpl>(options, std::move(tls), log);
}

}  // namespace belfry::redis
