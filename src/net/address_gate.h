// Who may open a connection or a session, by address.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/address_table.h"
#include "runtime/guarded.h"

namespace belfry::net {

/// One a server; any thread.
class AddressGate {
 public:
  /// Fails where an address in the limits is none.
  static Result<std::unique_ptr<AddressGate>> make(const AddressLimits& limits);

  /// What is open counts until the last copy of its lease has gone; null: it is not counted.
  using Lease = std::shared_ptr<const void>;
  struct Admission {
    AddressTable::Answer answer;
    Lease lease;

    bool admitted() const { return answer.verdict == AddressTable::Verdict::admitted; }
  };
  /// A TCP connection of that peer. Proxies that are trusted are not bounded: they come for others.
  Admission connection(std::string_view peer) const;
  /// A session for whom the peer forwards, or for the peer itself.
  Admission session(const std::string& peer, std::string_view forwarded_for) const;

 private:
  using Table = runtime::Guarded<AddressTable>;
  AddressGate(const AddressLimits& limits, Networks exempt, Networks proxies);
  Admission admit(std::string_view address, AddressTable::Kind kind) const;

  const bool connections_;  // whether they are bounded
  const bool sessions_;
  const Networks exempt_;
  const Networks proxies_;
  const std::shared_ptr<Table> table_;  // leases may outlive the gate
};

}  // namespace belfry::net
