// An overview as Prometheus and as `GET /v1/stats` have it.
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <utility>

#include "server/operator.h"

namespace belfry::server {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// Families of metrics in the making.
class Families {
 public:
  void gauge(const char* name, const char* help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.gauge.value = value;
    put(name, help, MetricType::Gauge, std::move(metric), std::move(labels));
  }
  void counter(const char* name, const char* help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.counter.value = value;
    put(name, help, MetricType::Counter, std::move(metric), std::move(labels));
  }
  void histogram(const char* name, const char* help, const HistogramStats& stats, Labels labels = {}) {
    ClientMetric metric;
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < stats.counts.size(); ++i) {
      count += stats.counts[i];
      if (i < stats.bounds_ms.size()) {
        metric.histogram.bucket.push_back(
            {.cumulative_count = count, .upper_bound = stats.bounds_ms[i] / 1'000});
      }
    }
    metric.histogram.sample_count = count;
    metric.histogram.sample_sum = stats.sum_ms / 1'000;
    put(name, help, MetricType::Histogram, std::move(metric), std::move(labels));
  }
  /// One counter for each entry of a map.
  void counters(const char* name, const char* help, const std::map<std::string, std::int64_t>& values,
                const char* label) {
    for (const auto& [key, value] : values) counter(name, help, static_cast<double>(value), {{label, key}});
  }
  const std::vector<MetricFamily>& all() const { return families_; }

 private:
  void put(const char* name, const char* help, MetricType type, ClientMetric metric, Labels labels) {
    metric.label = std::move(labels);
    if (families_.empty() || families_.back().name != name) {
      families_.push_back({.name = name, .help = help, .type = type, .metric = {}});
    }
    families_.back().metric.push_back(std::move(metric));
  }

  std::vector<MetricFamily> families_;
};

void add_tls(Families& out, const ServerStats& server) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  if (server.tls_certificate_expires_s != 0) {
    out.gauge("belfry_tls_certificate_expires_seconds", "When the certificate ends, in seconds since 1970.",
              number(server.tls_certificate_expires_s));
  }
  out.counter("belfry_tls_handshakes_total", "TLS handshakes that succeeded, by kind.",
              number(server.tls_handshakes - server.tls_resumed), {{"kind", "full"}});
  out.counter("belfry_tls_handshakes_total", "", number(server.tls_resumed), {{"kind", "resumed"}});
  out.counters("belfry_tls_failed_total", "Connections that failed in TLS, by reason.", server.tls_failed,
               "reason");
  out.counters("belfry_proxy_failed_total", "Connections without a good PROXY header, by reason.",
               server.proxy_failed, "reason");
}

void add_server(Families& out, const Overview& all) {
  const ServerStats& server = all.server;
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  out.gauge("belfry_transport_connections", "Connections by transport.", number(server.polling),
            {{"transport", "polling"}});
  out.gauge("belfry_transport_connections", "", number(server.websocket), {{"transport", "websocket"}});
  out.counter("belfry_connections_opened_total", "Connections since the start.", number(server.opened));
  out.counters("belfry_disconnects_total", "Connections that ended, by reason.", server.closed, "reason");
  out.counters("belfry_forwarded_total", "Requests and WebSockets of other nodes, by what came of them.",
               server.forwarded, "outcome");
  out.counters("belfry_handshakes_refused_total",
               "Handshakes and requests refused by the protocol, by reason.", server.refused, "reason");
  out.counters("belfry_limited_total", "How often a client met a bound, by bound.", server.limited, "limit");
  out.counter("belfry_messages_total", "Messages by direction.", number(server.messages_in),
              {{"direction", "in"}});
  out.counter("belfry_messages_total", "", number(server.messages_out), {{"direction", "out"}});
  out.counter("belfry_messages_dropped_total", "Messages that did not leave, by why.",
              number(server.dropped_volatile), {{"reason", "volatile"}});
  out.counter("belfry_messages_dropped_total", "", number(server.coalesced), {{"reason", "coalesced"}});
  out.counter("belfry_discarded_bytes_total", "Bytes that waited for connections closed as slow consumers.",
              number(server.discarded_bytes));
  out.counter("belfry_bytes_total", "Bytes of all connections by direction.", number(server.bytes_in),
              {{"direction", "in"}});
  out.counter("belfry_bytes_total", "", number(server.bytes_out), {{"direction", "out"}});
  add_tls(out, server);
  out.histogram("belfry_heartbeat_seconds", "From a ping to its pong.", server.heartbeat);
  out.histogram("belfry_loop_lag_seconds", "By how much an event loop came late.", server.loop_lag);
  out.gauge("belfry_waiting_sessions", "Sessions whose clients may come back.",
            number(server.waiting_sessions));
  out.counter("belfry_session_recoveries_total", "Clients that came back, by what became of their session.",
              number(server.recovered_sessions), {{"outcome", "recovered"}});
  out.counter("belfry_session_recoveries_total", "", number(server.lost_sessions), {{"outcome", "lost"}});
  out.counters("belfry_credentials_refused_total", "Credentials refused, by the text that was answered.",
               all.credentials_refused, "reason");
  out.counters("belfry_tokens_refused_total", "JSON Web Tokens refused, by what was wrong.",
               all.tokens_refused, "reason");
  out.gauge("belfry_resident_memory_bytes", "Memory that the process holds.", number(all.resident_bytes));
}

void add_sharing(Families& out, const store::SharingStats& sharing) {
  out.gauge("belfry_outbox_lag_seconds", "Since all events of all nodes were last known to be told here.",
            std::chrono::duration<double>(sharing.lag).count());
  out.gauge("belfry_outbox_told", "The number of the last event that was told here.",
            static_cast<double>(sharing.published));
  out.gauge("belfry_outbox_waiting", "Events that wait for one before them.",
            static_cast<double>(sharing.waiting));
  out.counter("belfry_outbox_skipped_total", "Events that could not be read.",
              static_cast<double>(sharing.skipped));
  out.counter("belfry_outbox_lost_total", "How often events were removed before they were read.",
              static_cast<double>(sharing.lost));
  out.counter("belfry_outbox_late_results_total", "Answers that did not wait for events before them.",
              static_cast<double>(sharing.late_results));
}

void add_store(Families& out, const store::StoreStats& store) {
  HistogramStats commits;
  commits.bounds_ms.assign(store.kCommitBoundsMs.begin(), store.kCommitBoundsMs.end());
  commits.counts.assign(store.commit_buckets.begin(), store.commit_buckets.end());
  commits.sum_ms = std::chrono::duration<double, std::milli>(store.commit_time).count();
  out.histogram("belfry_store_commit_seconds", "Time of a commit.", commits);
  out.gauge("belfry_store_queue", "Units of work that wait, by kind.",
            static_cast<double>(store.queued_writes), {{"kind", "write"}});
  out.gauge("belfry_store_queue", "", static_cast<double>(store.queued_reads), {{"kind", "read"}});
  out.counter("belfry_store_units_total", "Units of work, by how they ended.",
              static_cast<double>(store.committed_units), {{"outcome", "committed"}});
  out.counter("belfry_store_units_total", "", static_cast<double>(store.refused_units),
              {{"outcome", "refused"}});
  out.counter("belfry_store_failed_commits_total", "Commits that failed.",
              static_cast<double>(store.failed_commits));
  if (store.sharing) add_sharing(out, *store.sharing);
}

void add_cluster(Families& out, const ClusterStats& all) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const redis::ClientStats& client = all.client;
  out.gauge("belfry_redis_up", "Whether Redis answers and its subscriptions work.", client.up ? 1 : 0);
  out.histogram("belfry_redis_command_seconds", "From a command's way to its answer.", client.latency);
  out.counter("belfry_redis_commands_total", "Commands that were sent.", number(client.commands));
  out.counter("belfry_redis_commands_failed_total", "Commands without an answer, by why.",
              number(client.failed), {{"reason", "lost"}});
  out.counter("belfry_redis_commands_failed_total", "", number(client.refused), {{"reason", "refused"}});
  out.counter("belfry_redis_reconnects_total", "Connections that were made anew.", number(client.reconnects));
  out.counter("belfry_redis_probe_failures_total", "Words that did not come back by a subscription.",
              number(client.probe_failures));
  out.gauge("belfry_redis_queued_bytes", "Commands that wait to be sent.", number(client.queued_bytes));
  const redis::FactsStats& facts = all.facts;
  out.gauge("belfry_redis_nodes", "Other servers of the cluster.", number(facts.nodes));
  out.gauge("belfry_redis_facts", "Facts of now that servers share, by whose.", number(facts.own),
            {{"owner", "this"}});
  out.gauge("belfry_redis_facts", "", number(facts.facts), {{"owner", "others"}});
  out.counter("belfry_redis_facts_refused_total", "Facts that were too many or too large to share.",
              number(facts.refused));
  out.counter("belfry_redis_facts_gaps_total", "Messages of others that were missed and made good.",
              number(facts.gaps));
  out.counter("belfry_redis_facts_malformed_total", "Messages of others that are none.",
              number(facts.malformed));
  out.counter("belfry_redis_epochs_total", "How often all facts were published, the first time included.",
              number(facts.anew));
}

void add_mail(Families& out, const MailStats& mail) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  out.gauge("belfry_mails_waiting", "Mails in the store that are to be sent.", number(mail.waiting));
  out.counter("belfry_mails_total", "Mails that were queued, sent, or given up.", number(mail.queued),
              {{"state", "queued"}});
  out.counter("belfry_mails_total", "", number(mail.sent), {{"state", "sent"}});
  out.counter("belfry_mails_total", "", number(mail.failed), {{"state", "failed"}});
  out.counter("belfry_mail_tries_total", "Tries to send a mail, by how they ended.", number(mail.sent),
              {{"outcome", "sent"}});
  out.counter("belfry_mail_tries_total", "", number(mail.deferred), {{"outcome", "deferred"}});
  out.counter("belfry_mail_tries_total", "", number(mail.refused), {{"outcome", "refused"}});
}

// One family after the other, each over all apps: a family's metrics stand together.
void add_apps(Families& out, const std::map<std::string, apps::AppStats>& apps) {
  const auto gauges = [&](const char* name, const char* help, auto member, const char* label) {
    for (const auto& [app, stats] : apps) {
      for (const auto& [key, value] : stats.*member) {
        out.gauge(name, help, static_cast<double>(value), {{"app", app}, {label, key}});
      }
    }
  };
  using Stats = apps::AppStats;
  gauges("belfry_connections", "Sockets by app and role.", &Stats::connections_by_role, "role");
  gauges("belfry_rooms", "Rooms with somebody in them, by app and type.", &Stats::rooms_by_type, "type");
  gauges("belfry_calls", "Calls that have not ended, by app and state.", &Stats::calls_by_state, "state");
  gauges("belfry_users", "Users who are there, by app and presence.", &Stats::users_by_presence, "status");
  for (const auto& [app, stats] : apps) {
    for (const auto& [key, value] : stats.failures) {
      out.counter("belfry_events_failed_total", "Events that failed, by app, event and reason.",
                  static_cast<double>(value), {{"app", app}, {"event", key.first}, {"reason", key.second}});
    }
  }
  for (const auto& [app, stats] : apps) {
    std::int64_t limited = 0;
    for (const auto& [key, value] : stats.failures) limited += key.second == "rate_limited" ? value : 0;
    out.counter("belfry_rate_limited_total", "Events refused because they came too often, by app.",
                static_cast<double>(limited), {{"app", app}});
  }
  for (const auto& [app, stats] : apps) {
    out.histogram("belfry_delivery_seconds", "From the receipt of a message to the last queue, by app.",
                  stats.delivery, {{"app", app}});
  }
}

Value object_of(const std::map<std::string, std::int64_t>& values) {
  Value object = Value::object();
  for (const auto& [key, value] : values) object[key] = value;
  return object;
}

}  // namespace

std::string metrics_text(const Overview& overview) {
  Families out;
  add_server(out, overview);
  add_store(out, overview.store);
  add_mail(out, overview.mail);
  if (overview.cluster) add_cluster(out, *overview.cluster);
  out.counters("belfry_redis_adapter_failures_total",
               "Messages and questions between servers that came to nothing, by why.",
               overview.adapter_failures, "reason");
  add_apps(out, overview.apps);
  return prometheus::TextSerializer().Serialize(out.all());
}

Value stats_json(const Overview& all) {
  apps::AppStats sum;
  std::map<std::string, std::int64_t> by_app;
  for (const auto& [app, stats] : all.apps) {
    sum.add(stats);
    for (const auto& [role, count] : stats.connections_by_role) by_app[app] += count;
  }
  const auto active = sum.calls_by_state.find("active");
  return {{"totalConnections", all.server.connections()},
          {"connectionsByTransport", {{"polling", all.server.polling}, {"websocket", all.server.websocket}}},
          {"connectionsByRole", object_of(sum.connections_by_role)},
          {"connectionsByApp", object_of(by_app)},
          {"roomsByType", object_of(sum.rooms_by_type)},
          {"activeCalls", active == sum.calls_by_state.end() ? 0 : active->second},
          {"usersByPresence", object_of(sum.users_by_presence)},
          {"messagesPerSecond", all.messages_per_second},
          {"messagesIn", all.server.messages_in},
          {"messagesOut", all.server.messages_out},
          {"bytesIn", all.server.bytes_in},
          {"bytesOut", all.server.bytes_out},
          {"residentBytes", all.resident_bytes},
          {"uptimeSeconds", all.uptime_seconds}};
}

}  // namespace belfry::server
