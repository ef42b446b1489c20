// Sends the mails that wait in the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "apps/common/alarm.h"
#include "belfry/log.h"
#include "belfry/server.h"
#include "runtime/event_bus.h"
#include "runtime/flag.h"
#include "runtime/worker_pool.h"
#include "server/config.h"
#include "services/mail/mail.h"
#include "smtp/address.h"
#include "smtp/client.h"
#include "store/store.h"

namespace belfry::server {

/// Since the start, but for `waiting`, which is what the store holds.
struct MailStats {
  std::int64_t waiting = 0;
  std::int64_t queued = 0;
  std::int64_t sent = 0;
  std::int64_t failed = 0;
  // Tries, by how they ended; `sent` is the fourth kind.
  std::int64_t deferred = 0;
  std::int64_t refused = 0;
};

/// Takes mails as they are queued or become due and sends them on threads of its own, `kSenders` at once:
/// a mail server that hangs delays nothing but mail. What has failed for now is tried again later, what a
/// server refuses is kept as failed. Owned by the wiring, as long as the server; its state belongs to shard
/// 0.
///
/// Who sends a mail has a lease on it, somewhat longer than a try may take, so that another node gets it when
/// this one dies. A server that starts again on the same data directory (of the same host) takes back at once
/// what it had itself; only another one waits for the lease to end.
class Mailer {
 public:
  static constexpr std::size_t kSenders = 4;

  Mailer(Server& server, store::Store& store, runtime::EventBus& bus, const Config& config, Log& log);
  Mailer(const Mailer&) = delete;
  Mailer& operator=(const Mailer&) = delete;

  /// Whether mail is sent at all, or in dev mode at least kept to be shown. Where not, nobody should queue
  /// any.
  bool enabled() const { return enabled_; }
  /// Once the server listens.
  void start();
  /// Begins nothing more, and waits for what is under way: for a quarter of the drain time, then it ends
  /// that. What came of it is on its way to the store when this returns. Not on a shard. Idempotent.
  void stop();
  /// On shard 0, `done` too.
  void stats(std::function<void(MailStats)> done);

 private:
  using Client = std::shared_ptr<smtp::Client>;
  using Outcome = smtp::Outcome;

  // On shard 0, all of them but `record`, which runs on a sender's thread as well.
  void wake();
  void take(const mail::Claimed& claimed);
  void send(const Client& client, const mail::Mail& mail);
  void record(const Client& client, const mail::Mail& mail, const Outcome& outcome, const store::Post& post);
  void finish(const Client& client, const mail::Mail& mail, const Outcome& outcome, bool given_up);
  void wake_at(WallMs due);
  void sweep();
  smtp::Letter letter_of(const mail::Mail& mail) const;

  Server& server_;
  store::Store& store_;
  Log& log_;
  const bool dev_;  // sent mails keep their texts, to be shown
  const bool enabled_;
  const std::string host_;  // empty: mail is not sent, but kept to be shown
  const smtp::Mailbox from_;
  const std::string owner_;  // of leases
  const milliseconds lease_;
  const milliseconds retry_base_;
  const milliseconds grace_;  // when stopping
  runtime::Flag stopping_{false};
  std::vector<Client> idle_;  // each sends one mail at a time
  std::set<std::string> sending_;
  bool claiming_ = true;  // until what the server had itself is released
  bool again_ = false;    // asked for while claiming
  apps::Alarm alarm_;
  MailStats stats_;
  runtime::WorkerPool pool_;  // goes first: its tasks use what is above
};

}  // namespace belfry::server
