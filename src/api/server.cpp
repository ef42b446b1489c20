#include "belfry/server.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <latch>
#include <stdexcept>

#include "api/application.h"
#include "api/process.h"
#include "api/shard_node.h"
#include "api/tls_keeper.h"
#include "core/ids.h"
#include "net/address_gate.h"
#include "net/unix_socket.h"
#include "runtime/shards.h"
#include "socketio/local_sockets.h"

namespace belfry {

namespace {

socketio::Limits limits_of(const ServerOptions& options) {
  return {.per_connection = options.per_connection,
          .per_socket = options.per_socket,
          .rate_warning_event = options.rate_warning_event,
          .max_throttled = options.max_throttled,
          .max_namespaces_per_client = options.max_namespaces_per_client,
          .max_rooms_per_socket = options.max_rooms_per_socket,
          .max_room_name_bytes = options.max_room_name_bytes,
          .max_event_name_bytes = options.max_event_name_bytes,
          .max_attachment_bytes = options.max_attachment_bytes != 0
                                      ? options.max_attachment_bytes
                                      : socketio::Decoder::kMaxAttachments * options.max_payload_bytes,
          .max_waiting_events = options.max_waiting_events,
          .max_pending_acks = options.max_pending_acks};
}

}  // namespace

// The members are destroyed from the last to the first: the shards outlive what lives on them.
struct Server::Impl {
  explicit Impl(ServerOptions given)
      : options(std::move(given)),
        shards(options.threads, [this](const std::exception& defect) { report(defect); }),
        application(cors_policy(options.cors), [this](const std::exception& defect) { report(defect); }),
        tls(options, options.log != nullptr ? *options.log : silent),
        deflate_budget(options.per_message_deflate.value_or(DeflateOptions()).max_contexts,
                       options.per_message_deflate.value_or(DeflateOptions()).max_context_bytes) {
    shared.log = options.log != nullptr ? options.log : &silent;
    shared.options.connect_timeout = options.connect_timeout;
    shared.options.ack_timeout = options.ack_timeout;
    shared.limits = limits_of(options);
    shared.options.recovery = options.recovery;
    shared.options.shutdown_event = options.shutdown_event;
    shared.options.loss_notice = options.ping_interval + options.ping_timeout;
    shared.options.max_missed_bytes = options.max_buffered_bytes;
    if (options.per_message_deflate) {
      shared.options.compressed_from_bytes = options.per_message_deflate->threshold_bytes;
    }
    shared.encoder = socketio::Encoder(options.parser);
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

  std::shared_ptr<socketio::NamespaceDef> fixed_namespace(const std::string& name);
  Result<void> check_cluster() const;
  Result<void> prepare_http();
  void build_nodes();
  Result<void> prepare();
  Result<int> listen_tcp(const std::string& host, int at, net::Speaks speaks);
  Result<void> serve(const std::vector<int>& fds, net::Speaks speaks);
  Result<void> start_listeners(const std::vector<int>& fds, net::Speaks speaks);
  void build_adapter(const AdapterFactory& make);
  template <class Begin>
  void on_each_node(Begin begin);

  ServerOptions options;
  Log silent;
  runtime::Shards shards;
  socketio::Shared shared;
  socketio::LocalSockets local{shards, shared};
  Application application;
  TlsKeeper tls;
  std::vector<net::UnixSocketFile> socket_files;
  std::vector<std::pair<std::string, EngineHandler>> engines;
  std::unique_ptr<net::AddressGate> addresses;  // null: no address is bounded
  net::DeflateBudget deflate_budget;
  std::vector<net::Site*> sites;
  std::vector<std::unique_ptr<ShardNode>> nodes;
  std::unique_ptr<Adapter> adapter;
  int port = 0;
  bool listening = false;  // what is set up stays as it is
  bool running = false;    // the shards' threads
};

Result<void> Server::Impl::check_cluster() const {
  constexpr std::size_t kMinSecretBytes = 16;
  if (!options.cluster) return {};
  if (!is_node_tag(options.cluster->node)) return fail_field("cluster.node", "1 to 16 of A-Z a-z 0-9 _ -");
  if (options.cluster->secret.size() < kMinSecretBytes) {
    return fail_field("cluster.secret", "at least 16 bytes");
  }
  return {};
}

Result<void> Server::Impl::prepare_http() {
  const auto& cookie = options.cookie;
  if (cookie && !http::set_cookie(cookie->name, "", http_cookie(*cookie))) {
    return fail_field("cookie", "the name or the path is none for a cookie");
  }
  if (options.client_dir.empty() || !application.client_paths().empty()) return {};
  auto files = http::ClientFiles::load(options.client_dir);
  if (!files) return fail_field("client_dir", files.error().message);
  application.serve_client(options.path, std::move(*files));
  return {};
}

void Server::Impl::build_nodes() {
  std::vector<socketio::Hub*> hubs;
  for (unsigned i = 0; i < shards.size(); ++i) {
    nodes.push_back(std::make_unique<ShardNode>(shards.at(i), shared, options, engines, application,
                                                tls.context(), deflate_budget, addresses.get()));
    hubs.push_back(&nodes.back()->hub());
    sites.push_back(&nodes.back()->site());
  }
  for (net::Site* site : sites) site->all = &sites;
  shared.hubs = std::move(hubs);
  shared.shards = &shards;
}

void Server::Impl::build_adapter(const AdapterFactory& make) {
  const auto on_server_event = [this](const std::string& nsp, std::string_view event, const Args& args,
                                      std::function<void(Payload)> answer) {
    const auto def = shared.registry.find(nsp, nullptr);
    if (def == nullptr) return;
    const auto it = def->server_events.find(std::string(event));
    if (it != def->server_events.end()) it->second(args, std::move(answer));
  };
  const auto& recovery = options.recovery;
  adapter = make({local, on_server_event, shards, *shared.log,
                  recovery ? std::optional(recovery->max_disconnection) : std::nullopt});
  shared.adapter = adapter.get();
  shared.sessions = adapter->sessions();
}

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() {
  stop();
  // A handler may hold a handle of the namespace that holds it.
  for (auto* all : {&impl_->shared.registry.fixed, &impl_->shared.registry.dynamic}) {
    for (const auto& nsp : *all) *nsp = socketio::NamespaceDef();
  }
}

Namespace Server::of(std::string name) {
  if (!name.starts_with('/')) name.insert(name.begin(), '/');
  return Namespace(impl_->shared, impl_->fixed_namespace(name));
}

std::shared_ptr<socketio::NamespaceDef> Server::Impl::fixed_namespace(const std::string& name) {
  auto& fixed = shared.registry.fixed;
  const auto it = std::ranges::find(fixed, name, [](const auto& def) { return def->name; });
  if (it != fixed.end()) return *it;
  require_not_listening();
  auto def = std::make_shared<socketio::NamespaceDef>();
  def->name = name;
  return fixed.emplace_back(std::move(def));
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

void Server::server_count(std::function<void(std::size_t)> done) {
  impl_->adapter->server_count(std::move(done));
}

std::map<std::string, std::int64_t> Server::adapter_counts() const {
  return impl_->adapter->counts();
}

void Server::route(std::string method, std::string_view pattern, HttpHandler handler) {
  impl_->require_not_listening();
  impl_->application.route(std::move(method), pattern, std::move(handler));
}

void Server::serve_files(const std::string& mount, const std::string& folder) {
  impl_->require_not_listening();
  impl_->application.serve_files(mount, folder);
}

void Server::allow_request(AllowRequestHandler handler, std::chrono::milliseconds timeout) {
  impl_->require_not_listening();
  impl_->application.allow_request(std::move(handler), timeout);
}

void Server::engine(std::string path, EngineHandler on_message) {
  impl_->require_not_listening();
  impl_->engines.emplace_back(std::move(path), std::move(on_message));
}

Result<void> Server::listen(const std::string& host, int port) {
  if (impl_->port != 0) throw std::logic_error("a server listens at one port");
  auto listening = impl_->listen_tcp(host, port, impl_->tls.wanted() ? net::Speaks::tls : net::Speaks::plain);
  if (!listening) return std::unexpected(listening.error());
  impl_->port = *listening;
  return {};
}

Result<int> Server::listen_peers(const std::string& host, int port) {
  if (!impl_->options.cluster) return fail_field("cluster", "there is none");
  return impl_->listen_tcp(host, port, net::Speaks::peer);
}

// The port.
Result<int> Server::Impl::listen_tcp(const std::string& host, int at, net::Speaks speaks) {
  if (auto prepared = prepare(); !prepared) return std::unexpected(prepared.error());
  auto bound = net::bind_sockets(host, at, shards.size());
  if (!bound) return std::unexpected(bound.error());
  std::vector<int> fds;
  for (const auto& one : *bound) fds.push_back(one.fd);
  if (auto serving = serve(fds, speaks); !serving) return std::unexpected(serving.error());
  return bound->front().port;
}

Result<void> Server::listen_unix(const std::string& path, unsigned mode) {
  if (auto prepared = impl_->prepare(); !prepared) return prepared;
  auto bound =
      net::bind_unix_socket(path, static_cast<mode_t>(mode), net::Options().backlog, impl_->shards.size());
  if (!bound) return std::unexpected(bound.error());
  impl_->socket_files.push_back(std::move(bound->file));
  return impl_->serve(bound->fds, net::Speaks::plain);
}

// What may fail before anything is bound.
Result<void> Server::Impl::prepare() {
  if (listening && !running) throw std::logic_error("a server that has stopped does not listen again");
  if (running) return {};
  if (auto checked = check_cluster(); !checked) return checked;
  if (auto prepared = prepare_http(); !prepared) return prepared;
  if (options.per_address.bounded()) {
    auto gate = net::AddressGate::make(options.per_address);
    if (!gate) return std::unexpected(gate.error());
    addresses = std::move(*gate);
  }
  return tls.wanted() ? tls.load() : Result<void>();
}

// The first sockets start the shards; later ones go to those that run.
Result<void> Server::Impl::serve(const std::vector<int>& fds, net::Speaks speaks) {
  if (running) return start_listeners(fds, speaks);
  fixed_namespace("/");  // as in the original, it is always there
  listening = true;
  if (nodes.empty()) {
    build_nodes();
    for (const auto& def : shared.registry.fixed) adapter->on_namespace(def->name, true);
  }
  if (auto started = start_listeners(fds, speaks); !started) return started;
  raise_descriptor_limit();
  const SignalsBlocked blocked;
  shards.start();
  running = true;
  return {};
}

Result<void> Server::Impl::start_listeners(const std::vector<int>& fds, net::Speaks speaks) {
  std::vector<Result<void>> results(nodes.size());
  std::latch done(static_cast<std::ptrdiff_t>(nodes.size()));
  for (unsigned i = 0; i < nodes.size(); ++i) {
    const auto start = [&, i] {
      results[i] = nodes[i]->listen(fds[i], speaks);
      done.count_down();
    };
    if (running) {
      shards.post_to(i, start);
    } else {
      start();
    }
  }
  done.wait();
  const auto failed = std::ranges::find_if(results, [](const auto& result) { return !result; });
  return failed == results.end() ? Result<void>() : *failed;
}

Result<void> Server::reload_tls() {
  return impl_->tls.load();
}

int Server::port() const {
  return impl_->port;
}

void Server::run(std::chrono::milliseconds spread) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (impl_->tls.wanted()) sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
    if (const auto loaded = reload_tls(); !loaded) {
      impl_->shared.log->error("tls", "the certificate stays as it was", {{"error", loaded.error().text()}});
    }
  }
  if (spread.count() > 0) drain(spread);
  stop();
}

// Calls `begin(node, done)` on each shard and waits until all of them are done.
template <class Begin>
void Server::Impl::on_each_node(Begin begin) {
  std::latch done(shards.size());
  for (unsigned i = 0; i < shards.size(); ++i) {
    shards.post_to(i, [&node = *nodes[i], &begin, &done] { begin(node, [&done] { done.count_down(); }); });
  }
  done.wait();
}

void Server::drain(std::chrono::milliseconds spread) {
  if (!impl_->running) return;
  impl_->on_each_node([spread](ShardNode& node, auto done) { node.drain(spread, done); });
}

void Server::end_sessions() {
  for (unsigned i = 0; i < impl_->nodes.size(); ++i) {
    impl_->shards.post_to(i, [node = impl_->nodes[i].get()] { node->end_sessions(); });
  }
}

void Server::stop(std::chrono::milliseconds drain) {
  if (!std::exchange(impl_->running, false)) return;
  impl_->on_each_node([drain](ShardNode& node, auto done) { node.stop(drain, done); });
  impl_->socket_files.clear();
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
  stats.tls_certificate_expires_s = impl_->tls.expires_s();
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
