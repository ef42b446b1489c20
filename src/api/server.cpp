#include "belfry/server.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <latch>
#include <stdexcept>

#include "api/application.h"
#include "api/shard_node.h"
#include "core/ids.h"
#include "net/address_gate.h"
#include "runtime/shards.h"
#include "socketio/local_sockets.h"

namespace belfry {

namespace {

// A connection needs a descriptor: as many as this process may have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

socketio::Limits limits_of(const ServerOptions& options) {
  return {.per_connection = options.per_connection,
          .per_socket = options.per_socket,
          .rate_warning_event = options.rate_warning_event,
          .max_throttled = options.max_throttled,
          .max_namespaces_per_client = options.max_namespaces_per_client,
          .max_rooms_per_socket = options.max_rooms_per_socket,
          .max_room_name_bytes = options.max_room_name_bytes,
          .max_event_name_bytes = options.max_event_name_bytes,
          .max_attachment_bytes = options.max_attachment_bytes,
          .max_waiting_events = options.max_waiting_events,
          .max_pending_acks = options.max_pending_acks};
}

// Signals are for the main thread: what is started while this stands never gets one.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

// The members are destroyed from the last to the first: the shards outlive what lives on them.
struct Server::Impl {
  explicit Impl(ServerOptions given)
      : options(std::move(given)),
        shards(options.threads, [this](const std::exception& defect) { report(defect); }),
        application(cors_policy(options.cors), [this](const std::exception& defect) { report(defect); }) {
    shared.log = options.log != nullptr ? options.log : &silent;
    shared.options.connect_timeout = options.connect_timeout;
    shared.options.ack_timeout = options.ack_timeout;
    shared.limits = limits_of(options);
    shared.local = &local;
    build_adapter(memory_adapter());
  }

  void report(const std::exception& defect) const {
    shared.log->error("handler", "a callback failed",
                      {{"correlation", make_uuid7()}, {"what", defect.what()}});
  }

  void require_not_listening() const {
    if (listening) throw std::logic_error("a server is set up before it listens");
  }

  void build_nodes();
  void build_adapter(const AdapterFactory& make);

  ServerOptions options;
  Log silent;
  runtime::Shards shards;
  socketio::Shared shared;
  socketio::LocalSockets local{shards, shared};
  Application application;
  std::vector<std::pair<std::string, EngineHandler>> engines;
  std::unique_ptr<net::AddressGate> addresses;  // null: no address is bounded
  std::vector<net::Site*> sites;
  std::vector<std::unique_ptr<ShardNode>> nodes;
  std::unique_ptr<Adapter> adapter;
  int port = 0;
  bool listening = false;  // what is set up stays as it is
  bool running = false;    // the shards' threads
};

void Server::Impl::build_nodes() {
  std::vector<socketio::Hub*> hubs;
  for (unsigned i = 0; i < shards.size(); ++i) {
    nodes.push_back(
        std::make_unique<ShardNode>(shards.at(i), shared, options, engines, application, addresses.get()));
    hubs.push_back(&nodes.back()->hub());
    sites.push_back(&nodes.back()->site());
  }
  for (net::Site* site : sites) site->all = &sites;
  local.set_hubs(std::move(hubs));
}

void Server::Impl::build_adapter(const AdapterFactory& make) {
  const auto on_server_event = [this](const std::string& nsp, std::string_view event, const Args& args,
                                      std::function<void(Payload)> answer) {
    const auto def = shared.registry.find(nsp, nullptr);
    if (def == nullptr) return;
    const auto it = def->server_events.find(std::string(event));
    if (it != def->server_events.end()) it->second(args, std::move(answer));
  };
  adapter = make({local, on_server_event});
  shared.adapter = adapter.get();
}

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() {
  stop();
}

Namespace Server::of(std::string name) {
  if (!name.starts_with('/')) name.insert(name.begin(), '/');
  auto& fixed = impl_->shared.registry.fixed;
  const auto it = std::ranges::find(fixed, name, [](const auto& def) { return def->name; });
  if (it != fixed.end()) return Namespace(impl_->shared, *it);
  impl_->require_not_listening();
  auto def = std::make_shared<socketio::NamespaceDef>();
  def->name = std::move(name);
  fixed.push_back(def);
  return Namespace(impl_->shared, std::move(def));
}

Namespace Server::of(const std::regex& pattern) {
  return of([pattern](std::string_view name, const Value&) {
    return std::regex_match(name.begin(), name.end(), pattern);
  });
}

Namespace Server::of(std::function<bool(std::string_view name, const Value& auth)> admits) {
  impl_->require_not_listening();
  auto def = std::make_shared<socketio::NamespaceDef>();
  def->matches = std::move(admits);
  impl_->shared.registry.dynamic.push_back(def);
  return Namespace(impl_->shared, std::move(def));
}

Emitter Server::sockets(std::string nsp) {
  return Emitter(impl_->shared, std::move(nsp));
}

void Server::adapter(const AdapterFactory& factory) {
  impl_->require_not_listening();
  impl_->build_adapter(factory);
}

void Server::route(std::string method, std::string_view pattern, HttpHandler handler) {
  impl_->require_not_listening();
  impl_->application.route(std::move(method), pattern, std::move(handler));
}

void Server::serve_files(const std::string& mount, const std::string& folder) {
  impl_->require_not_listening();
  impl_->application.serve_files(mount, folder);
}

void Server::engine(std::string path, EngineHandler on_message) {
  impl_->require_not_listening();
  impl_->engines.emplace_back(std::move(path), std::move(on_message));
}

Result<void> Server::listen(const std::string& host, int port) {
  impl_->require_not_listening();
  if (impl_->options.per_address.bounded()) {
    auto gate = net::AddressGate::make(impl_->options.per_address);
    if (!gate) return std::unexpected(gate.error());
    impl_->addresses = std::move(*gate);
  }
  auto bound = net::bind_sockets(host, port, impl_->shards.size());
  if (!bound) return std::unexpected(bound.error());
  of("/");  // as in the original, the main namespace is always there
  impl_->listening = true;
  impl_->port = bound->front().port;
  impl_->build_nodes();
  Result<void> result;
  for (unsigned i = 0; i < impl_->shards.size(); ++i) {
    if (auto listening = impl_->nodes[i]->listen((*bound)[i].fd); !listening) result = listening;
  }
  if (!result) return result;
  raise_descriptor_limit();
  const SignalsBlocked blocked;
  impl_->shards.start();
  impl_->running = true;
  return result;
}

int Server::port() const {
  return impl_->port;
}

void Server::run() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  int signal = 0;
  sigwait(&signals, &signal);
  stop();
}

void Server::refuse_handshakes() {
  for (unsigned i = 0; i < impl_->nodes.size(); ++i) {
    impl_->shards.post_to(i, [node = impl_->nodes[i].get()] { node->refuse_handshakes(); });
  }
}

void Server::stop(std::chrono::milliseconds drain) {
  if (!std::exchange(impl_->running, false)) return;
  std::latch drained(impl_->shards.size());
  for (unsigned i = 0; i < impl_->shards.size(); ++i) {
    impl_->shards.post_to(i, [node = impl_->nodes[i].get(), drain, &drained] {
      node->stop(drain, [&drained] { drained.count_down(); });
    });
  }
  drained.wait();
  impl_->shards.stop();
}

unsigned Server::threads() const {
  return impl_->shards.size();
}

void Server::post_to(unsigned shard, std::function<void()> task) {
  impl_->shards.post_to(shard, std::move(task));
}

void Server::after(std::chrono::milliseconds delay, std::function<void()> task) {
  runtime::Shard* shard = runtime::Shard::current();
  if (shard == nullptr) shard = &impl_->shards.at(0);
  shard->run_or_post(
      [shard, delay, task = std::move(task)]() mutable { shard->after(delay, std::move(task)).detach(); });
}

ServerStats Server::stats() const {
  ServerStats stats;
  for (const auto& node : impl_->nodes) node->add_to(stats);
  for (std::size_t i = 0; i < socketio::kLimitCount; ++i) {
    const auto limit = static_cast<socketio::Limit>(i);
    stats.limited[std::string(socketio::text_of(limit))] = impl_->shared.limited[i].get();
  }
  return stats;
}

std::size_t Server::clients_count() const {
  return static_cast<std::size_t>(impl_->shared.clients.get());
}

}  // namespace belfry
