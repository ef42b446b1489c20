// The settings of the store.
#include "server/database_name.h"
#include "server/setting_rows.h"

namespace belfry::server {

std::vector<Setting> store_settings() {  // NOLINT(readability-function-size): a table
  using C = Config;
  return {
      {.section = "store",
       .key = "database",
       .field = at<&C::store, &StoreSettings::database>,
       .doc = "`sqlite:PATH`, or `postgres://user:password@host:5432/name` with the parameters of libpq "
              "(`sslmode=require`) and `schema`; empty: `belfry.db` in the data directory.",
       .variables = {"DATABASE_URL"},
       .shown = shown_database},
      {.section = "store",
       .key = "connect_timeout_ms",
       .field = at<&C::store, &StoreSettings::connect_timeout_ms>,
       .doc = "Time until a connection to PostgreSQL must be ready.",
       .min = 1,
       .max = kDayMs},
      {.section = "store",
       .key = "statement_timeout_ms",
       .field = at<&C::store, &StoreSettings::statement_timeout_ms>,
       .doc = "Time for one statement of PostgreSQL. Where nothing is heard for 2 s more, the connection is "
              "dropped.",
       .min = 1,
       .max = kDayMs},
      {.section = "store",
       .key = "lock_timeout_ms",
       .field = at<&C::store, &StoreSettings::lock_timeout_ms>,
       .doc = "Time that a unit of work waits for another process that holds what it needs; then it is "
              "refused as unavailable.",
       .max = kDayMs},
      {.section = "store",
       .key = "idle_transaction_timeout_ms",
       .field = at<&C::store, &StoreSettings::idle_transaction_timeout_ms>,
       .doc = "Time after which PostgreSQL ends a transaction of a process that says nothing, so that one "
              "that was stopped holds nobody back.",
       .min = 1,
       .max = kDayMs},
      {.section = "store",
       .key = "keepalive_ms",
       .field = at<&C::store, &StoreSettings::keepalive_ms>,
       .doc = "Time of silence after which TCP probes a connection to PostgreSQL, in whole seconds; four "
              "probes without an answer, a quarter of it apart, end it.",
       .min = 1'000,
       .max = kDayMs},
      {.section = "store",
       .key = "outbox_poll_ms",
       .field = at<&C::store, &StoreSettings::outbox_poll_ms>,
       .doc = "How often a node looks for events of others in PostgreSQL, beside being told by NOTIFY.",
       .min = 10,
       .max = 60'000},
      {.section = "store",
       .key = "outbox_keep_ms",
       .field = at<&C::store, &StoreSettings::outbox_keep_ms>,
       .doc = "Time for which events are kept in PostgreSQL. A node that is cut off for longer ends its "
              "clients' sessions as `events missed`, so that they read the history.",
       .min = 100,
       .max = kDayMs},
      {.section = "store",
       .key = "outbox_wait_ms",
       .field = at<&C::store, &StoreSettings::outbox_wait_ms>,
       .doc = "Time that an acknowledgement waits for events of other nodes that were committed before; then "
              "it comes before them.",
       .max = kDayMs},
      {.section = "store",
       .key = "queue_max",
       .field = at<&C::store, &StoreSettings::queue_max>,
       .doc = "Units of work that may wait for the store; more are refused as unavailable.",
       .min = 1,
       .max = 10'000'000},
      {.section = "store",
       .key = "retention_days",
       .field = at<&C::store, &StoreSettings::retention_days>,
       .doc = "Days after which messages move into a compressed file in `archive/` of the data directory, as "
              "`belfry archive` does it; 0 keeps all.",
       .max = 36'500},
  };
}

}  // namespace belfry::server
