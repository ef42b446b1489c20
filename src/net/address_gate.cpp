#include "net/address_gate.h"

#include <utility>

namespace belfry::net {

Result<std::unique_ptr<AddressGate>> AddressGate::make(const AddressLimits& limits) {
  auto exempt = Networks::parse(limits.exempt);
  if (!exempt) return std::unexpected(exempt.error());
  auto proxies = Networks::parse(limits.trusted_proxies);
  if (!proxies) return std::unexpected(proxies.error());
  return std::unique_ptr<AddressGate>(new AddressGate(limits, std::move(*exempt), std::move(*proxies)));
}

AddressGate::AddressGate(const AddressLimits& limits, Networks exempt, Networks proxies)
    : connections_(limits.max_connections != 0 || limits.connections.bounded()),
      sessions_(limits.max_sessions != 0 || limits.handshakes.bounded()),
      exempt_(std::move(exempt)),
      proxies_(std::move(proxies)),
      table_(std::make_shared<Table>(limits)) {}

AddressGate::Admission AddressGate::connection(std::string_view peer) const {
  if (!connections_ || proxies_.contains(peer)) return {};
  return admit(peer, AddressTable::Kind::connection);
}

AddressGate::Admission AddressGate::session(const std::string& peer, std::string_view forwarded_for) const {
  if (!sessions_) return {};
  const std::string client = proxies_.client_of(peer, forwarded_for);
  if (proxies_.contains(client)) return {};  // which says nothing of its clients
  return admit(client, AddressTable::Kind::session);
}

AddressGate::Admission AddressGate::admit(std::string_view address, AddressTable::Kind kind) const {
  const auto bytes = read_address(address);
  if (!bytes || exempt_.contains(*bytes)) return {};
  const AddressBytes peer = network_of_peer(*bytes);
  const auto open = [&](AddressTable& table) { return table.open(peer, kind, TimePoint::clock::now()); };
  Admission admission{.answer = table_->with(open), .lease = nullptr};
  if (!admission.admitted()) return admission;
  const auto close = [table = table_, peer, kind](const void*) {
    table->with([&](AddressTable& all) { all.close(peer, kind); });
  };
  admission.lease = Lease(table_.get(), close);
  return admission;
}

}  // namespace belfry::net
