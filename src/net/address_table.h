// What each address has open, and how fast it opens more.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string_view>
#include <unordered_map>

#include "belfry/limits.h"
#include "core/networks.h"
#include "core/token_bucket.h"

namespace belfry::net {

/// One thread at a time; time is a parameter. Bounded: by what is open, and `max_addresses` that have nothing
/// open, which are forgotten when they owe nothing, or when they have been quiet for longest.
class AddressTable {
 public:
  explicit AddressTable(const AddressLimits& limits) : limits_(limits) {}

  enum class Kind : std::uint8_t { connection, session };
  enum class Verdict : std::uint8_t { admitted, too_many, too_often };
  struct Answer {
    Verdict verdict = Verdict::admitted;
    TokenBucket::Duration retry_after{0};  ///< with `too_often`
  };
  /// Something is to be opened; where it is admitted, `close` follows. What is refused is not counted.
  Answer open(const AddressBytes& address, Kind kind, TimePoint now);
  void close(const AddressBytes& address, Kind kind);

  /// Addresses that are remembered.
  std::size_t size() const { return entries_.size(); }

 private:
  struct Hash {
    std::size_t operator()(const AddressBytes& address) const {
      return std::hash<std::string_view>{}({reinterpret_cast<const char*>(address.data()), address.size()});
    }
  };
  struct Use {
    std::size_t open = 0;
    TokenBucket opened;
  };
  using Idle = std::list<AddressBytes>;
  struct Entry {
    Use connections;
    Use sessions;
    Idle::iterator idle;  // where nothing is open

    bool is_idle() const { return connections.open == 0 && sessions.open == 0; }
    Use& use(Kind kind) { return kind == Kind::connection ? connections : sessions; }
  };

  void forget_quiet(TimePoint now);

  const AddressLimits limits_;
  std::unordered_map<AddressBytes, Entry, Hash> entries_;
  Idle idle_;  // the one that has been idle for longest first
};

}  // namespace belfry::net
