#include "server/serve.h"

#include <fmt/core.h>
#include <pthread.h>
#include <signal.h>

#include <cstdio>

#include "server/stores.h"
#include "server/tokens.h"
#include "server/wiring.h"

namespace belfry::server {

namespace {

constexpr int kFailed = 1;

/// SIGTERM and SIGINT, kept from this thread and all that it starts, until somebody waits for them; SIGHUP
/// too, where it has something to reload.
class Signals {
 public:
  explicit Signals(bool reloads) {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    if (reloads) sigaddset(&signals_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  int wait() const {
    int signal = 0;
    sigwait(&signals_, &signal);
    return signal;
  }

 private:
  sigset_t signals_{};
};

int complain(const Error& error) {
  fmt::print(stderr, "{}\n", error.text());
  return kFailed;
}

void say_ready(const std::string& where) {
  fmt::print("Belfry is ready at {}\n", where);
  std::fflush(stdout);
}

std::string url_of(const Config& config, int port) {
  const std::string& host = config.server.host;
  const bool any = host == "0.0.0.0" || host == "::";
  const std::string name = any ? "127.0.0.1" : host.find(':') == std::string::npos ? host : "[" + host + "]";
  return fmt::format("{}://{}:{}/", config.tls.enabled() ? "https" : "http", name, port);
}

}  // namespace

int serve(const Config& config, const std::vector<ExtraApp>& extra) {
  const Signals signals(config.tls.enabled());
  Log log(config.log_options());
  const auto secret = signing_secret(config);
  if (!secret) return complain(secret.error());
  if (secret->created) log.info("server", "made a secret for tokens", {{"file", secret->file}});

  const auto keys = load_keys(config, secret->value);
  if (!keys) return complain(keys.error());

  runtime::EventBus bus;
  auto store = open_store(
      config.database(), config, extra, [&bus](const SharedEvent& event) { bus.publish(event); }, log);
  if (!store) return complain(store.error());
  const auto redis = open_redis(config, log);
  if (!redis) return complain(redis.error());
  Wiring wiring(config, secret->value, *keys, **store, bus, log, extra, redis->get());
  if (const auto listening = wiring.listen(); !listening) return complain(listening.error());

  if (!config.server.unix_socket.empty()) say_ready("unix:" + config.server.unix_socket);
  if (config.server.tcp) say_ready(url_of(config, wiring.port()));
  while (signals.wait() == SIGHUP) wiring.reload_tls();
  log.info("server", "stopping");
  wiring.stop();
  log.info("server", "stopped");
  return 0;
}

}  // namespace belfry::server
