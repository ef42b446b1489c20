// The bounds of the connections to PostgreSQL.
#pragma once

#include <chrono>

namespace belfry::store {

struct PostgresOptions {
  /// Until a new connection is ready, all addresses of the URL together; looking up a name is the system's.
  std::chrono::milliseconds connect_timeout{3'000};
  /// For one statement, a commit too. PostgreSQL ends it; where it says nothing for `kAnswerGrace` more, the
  /// connection is dropped.
  std::chrono::milliseconds statement_timeout{5'000};
  /// After which PostgreSQL ends a transaction that waits for this process, which may have been stopped.
  std::chrono::milliseconds idle_transaction_timeout{10'000};
  /// A connection at rest is probed after so long, by TCP; four times without an answer end it.
  std::chrono::milliseconds keepalive{10'000};
  /// For one row lock at a time: what waits longer lets go of what it holds, so that two never wait for each
  /// other for long, and tries again.
  std::chrono::milliseconds lock_slice{100};

  static constexpr std::chrono::milliseconds kAnswerGrace{2'000};
};

}  // namespace belfry::store
