#include "socketio/hub.h"

#include "socketio/client.h"
#include "socketio/socket_core.h"

namespace belfry::socketio {

Hub::Hub(runtime::Shard& shard, Shared& shared)
    : shard_(shard), shared_(shared), decoder_(shared.encoder.parser()) {}
Hub::~Hub() = default;

std::unique_ptr<engineio::SessionHandler> Hub::accept(engineio::Session& session) {
  return std::make_unique<Client>(*this, session);
}

LocalNamespace* Hub::find(std::string_view name) {
  const auto it = namespaces_.find(name);
  return it == namespaces_.end() ? nullptr : it->second.get();
}

LocalNamespace* Hub::open(std::string_view name, const Value& auth) {
  if (name.size() > kMaxNameBytes) return nullptr;
  // A pattern may decide by the payload, so it is asked each time.
  auto def = shared_.registry.find(name, auth);
  if (def == nullptr) return nullptr;
  if (LocalNamespace* nsp = find(name)) return nsp;
  auto nsp = std::make_unique<LocalNamespace>(std::string(name), std::move(def));
  if (shared_.keeps_log()) {
    const auto& recovery = shared_.options.recovery;
    LocalNamespace& made = *nsp;
    const HubOptions& options = shared_.options;
    nsp->set_recovery(std::make_unique<NamespaceRecovery>(
        made, shard_, *recovery, recovery->max_disconnection + options.loss_notice, options.max_missed_bytes,
        recovery_metrics_, [this, &made] { close_if_unused(made); }));
  }
  if (Adapter* adapter = shared_.adapter) {
    if (adapter->wants_rooms()) nsp->tell_rooms_to(*adapter);
    if (nsp->def()->matches) adapter->on_namespace(*nsp->name(), true);
  }
  return namespaces_.emplace(name, std::move(nsp)).first->second.get();
}

void Hub::close_if_unused(LocalNamespace& nsp) {
  if (!nsp.def()->matches || !nsp.unused()) return;
  const auto name = nsp.name();
  namespaces_.erase(namespaces_.find(*name));
  if (shared_.adapter != nullptr) shared_.adapter->on_namespace(*name, false);
}

void Hub::end_recoverable() {
  for (const auto& [name, nsp] : namespaces_) {
    if (nsp->recovery() == nullptr) continue;
    for (const SocketPtr& socket : nsp->select_members({})) {
      if (!socket->connected()) nsp->recovery()->disconnect(*socket);
    }
  }
}

}  // namespace belfry::socketio
