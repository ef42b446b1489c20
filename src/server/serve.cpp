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

/// SIGTERM and SIGINT, kept from this thread and all that it starts, until somebody waits for them.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  void wait() const {
    int signal = 0;
    sigwait(&signals_, &signal);
  }

 private:
  sigset_t signals_{};
};

int complain(const Error& error) {
  fmt::print(stderr, "{}\n", error.text());
  return kFailed;
}

std::string url_of(const std::string& host, int port) {
  const bool any = host == "0.0.0.0" || host == "::";
  const std::string name = any ? "127.0.0.1" : host.find(':') == std::string::npos ? host : "[" + host + "]";
  return fmt::format("http://{}:{}/", name, port);
}

}  // namespace

int serve(const Config& config, const std::vector<ExtraApp>& extra) {
  const StopSignals signals;
  Log log(config.log_options());
  const auto secret = signing_secret(config);
  if (!secret) return complain(secret.error());
  if (secret->created) log.info("server", "made a secret for tokens", {{"file", secret->file}});

  const auto keys = load_keys(config, secret->value);
  if (!keys) return complain(keys.error());

  runtime::EventBus bus;
  auto store = open_store(config, extra, [&bus](const SharedEvent& event) { bus.publish(event); }, log);
  if (!store) return complain(store.error());
  Wiring wiring(config, secret->value, *keys, **store, bus, log, extra);
  if (const auto listening = wiring.listen(); !listening) return complain(listening.error());

  fmt::print("Belfry is ready at {}\n", url_of(config.server.host, wiring.port()));
  std::fflush(stdout);
  signals.wait();
  log.info("server", "stopping");
  wiring.stop();
  log.info("server", "stopped");
  return 0;
}

}  // namespace belfry::server
