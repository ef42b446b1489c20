#include "store/postgres/outbox.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "belfry/log.h"
#include "belfry/value.h"
#include "core/ids.h"
#include "store/store.h"

namespace belfry::store {

namespace {

using std::chrono::milliseconds;

constexpr int kPageMax = 200;
constexpr std::int64_t kCleanMax = 1'000;
constexpr milliseconds kCleanPause{60'000};
constexpr std::size_t kComplainedMax = 100;

// The head's row is locked from here to the commit, so numbers are in the order of commits. The time is the
// database's, the same for all nodes.
constexpr std::string_view kKeep = R"sql(
WITH head AS (UPDATE outbox_head SET number = number + $1::bigint RETURNING number),
kept AS (
  INSERT INTO outbox (number, type, data, node, at)
  SELECT head.number - $1::bigint + item.place, item.value->>0, item.value->>1, $3::text,
         (extract(epoch FROM clock_timestamp()) * 1000)::bigint
  FROM head, json_array_elements($2::json) WITH ORDINALITY AS item(value, place))
SELECT number, pg_notify('belfry_outbox', $3::text) FROM head)sql";

// One statement, so that head and rows are of one moment.
constexpr std::string_view kPage = R"sql(
SELECT head.number, item.number, item.type, item.data FROM outbox_head AS head
LEFT JOIN LATERAL (SELECT number, type, data FROM outbox WHERE number > $1::bigint
                   ORDER BY number LIMIT $2::bigint) AS item ON true
ORDER BY item.number)sql";

// From the oldest on without a gap, so that what is missing is always before what is there. One node at a
// time.
constexpr std::string_view kClean = R"sql(
DELETE FROM outbox WHERE number <= (
  SELECT max(number) FROM (SELECT number, at FROM outbox ORDER BY number LIMIT $2::bigint) AS oldest
  WHERE at < (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1::bigint))sql";
constexpr std::string_view kCleanAlone =
    "SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || ' clean outbox', 0))";

}  // namespace

Outbox::Outbox(const OutboxOptions& options, EventForms forms, Publish publish,
               std::unique_ptr<PostgresConnection> connection, Log& log)
    : options_(options),
      forms_(std::move(forms)),
      publish_(std::move(publish)),
      log_(log),
      node_(make_uuid7()),
      connection_(std::move(connection)),
      clean_at_(TimePoint::clock::now()) {}

Outbox::~Outbox() {
  stop();
}

Result<void> Outbox::start() {
  if (auto begun = connection_->begin(Purpose::write); !begun) return begun;
  auto made =
      connection_->run("INSERT INTO outbox_head (id, number) VALUES (1, 0) ON CONFLICT (id) DO NOTHING");
  if (made) made = connection_->commit();
  if (!made) return made;
  const auto head = rows_after(INT64_MAX);
  if (!head) return std::unexpected(head.error());
  sequencer_ = std::make_unique<Sequencer>(
      options_.sequencer, head->head,
      [this](const SharedEvent& event) { publish_guarded(publish_, event, log_); },
      [this] {
        ++lost_;
        log_.error("store", "events were missed: this node was cut off for too long");
        publish_guarded(publish_, std::make_shared<EventsLost>(), log_);
      });
  current_at_ = TimePoint::clock::now();
  thread_ = std::jthread([this] { run(); });
  return {};
}

template <class Work>
void Outbox::with_sequencer(Work work) {
  bool wants_read = false;
  {
    const std::lock_guard lock(mutex_);
    work(*sequencer_);
    wants_read = sequencer_->wants_read();
  }
  if (wants_read) wake_.wake();
}

// ---- what this node tells ----

Result<void> Outbox::before_commit(Database& database, std::span<const SharedEvent> events) {
  numbers_.assign(events.size(), 0);
  Value items = Value::array();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto text = forms_.write(*events[i]);
    if (!text) {
      const Event& event = *events[i];
      if (dynamic_cast<const LocalEvent*>(&event) == nullptr) {
        complain_once(typeid(event).name(), "an event has no form: other nodes do not hear of it");
      }
      continue;
    }
    items.push_back({text->type, text->data});
    numbers_[i] = static_cast<std::int64_t>(items.size());
  }
  if (items.empty()) return {};
  const auto count = static_cast<std::int64_t>(items.size());
  const std::string json = items.dump();
  std::int64_t head = 0;
  const Param params[] = {count, json, node_};
  auto done = database.run(kKeep, params, [&head](const store::Row& row) { head = row.integer(0); });
  if (!done) return done;
  for (std::int64_t& number : numbers_) {
    if (number > 0) number += head - count;
  }
  return {};
}

void Outbox::committed(std::vector<SharedEvent> events, std::vector<std::unique_ptr<Unit>> units) {
  CommittedBatch batch{.events = {}, .units = std::move(units)};
  for (std::size_t i = 0; i < events.size(); ++i) {
    batch.events.push_back({numbers_[i], std::move(events[i])});
  }
  with_sequencer([&](Sequencer& sequencer) { sequencer.add(std::move(batch), TimePoint::clock::now()); });
}

// ---- reads in order ----

std::unique_ptr<Unit> Outbox::in_order(std::unique_ptr<Unit>& unit) {
  return ordered_read(std::move(unit), *this);
}

std::size_t Outbox::open_place() {
  std::size_t place = 0;
  with_sequencer([&](Sequencer& sequencer) { place = sequencer.open_place(); });
  return place;
}

void Outbox::fix_place(std::size_t place, std::int64_t number) {
  with_sequencer([=](Sequencer& sequencer) { sequencer.fix_place(place, number); });
}

void Outbox::fill_place(std::size_t place, std::vector<SharedEvent> events, std::unique_ptr<Unit> unit) {
  with_sequencer([&](Sequencer& sequencer) {
    sequencer.fill_place(place, std::move(events), std::move(unit), TimePoint::clock::now());
  });
}

// ---- what other nodes told ----

void Outbox::run() {
  for (;;) {
    if (read()) continue;
    {
      const std::lock_guard lock(mutex_);
      sequencer_->tick(TimePoint::clock::now());
      if (stopping_) break;
    }
    if (TimePoint::clock::now() >= clean_at_) clean();
    wait();
  }
  drain();
}

// Until something is worth reading. What this node has told itself is none of it.
void Outbox::wait() {
  const TimePoint until = TimePoint::clock::now() + options_.poll;
  for (;;) {
    // Some have come with the answer to another statement.
    const auto told = connection_->notifications();
    if (!told || std::ranges::any_of(*told, [this](const auto& node) { return node != node_; })) return;
    const auto left = std::chrono::ceil<milliseconds>(until - TimePoint::clock::now());
    if (left <= milliseconds(0)) return;
    wake_.wait(connection_->socket(), left);
    const std::lock_guard lock(mutex_);
    if (stopping_ || sequencer_->wants_read()) return;
  }
}

bool Outbox::read() {
  std::int64_t after = 0;
  {
    const std::lock_guard lock(mutex_);
    after = sequencer_->published();
  }
  auto rows = rows_after(after);
  if (!rows) return false;
  OutboxPage page{.after = after, .head = rows->head, .events = {}, .has_more = false};
  page.has_more = rows->rows.size() == kPageMax;
  for (const Row& row : rows->rows) page.events.emplace_back(row.number, event_of(row));
  const bool has_more = page.has_more;
  const std::lock_guard lock(mutex_);
  sequencer_->add(std::move(page));
  if (sequencer_->published() >= rows->head) current_at_ = TimePoint::clock::now();
  return has_more && sequencer_->published() > after;
}

SharedEvent Outbox::event_of(const Row& row) {
  auto event = forms_.read(row.type, row.data);
  if (event) return std::move(*event);
  {
    const std::lock_guard lock(mutex_);
    ++skipped_;
  }
  complain_once(row.type, "events of another version are skipped: " + event.error().text());
  return nullptr;
}

void Outbox::complain_once(const std::string& type, std::string_view what) {
  {
    const std::lock_guard lock(mutex_);
    if (complained_.size() >= kComplainedMax || !complained_.insert(type).second) return;
  }
  log_.error("store", std::string(what), {{"type", type}});
}

Result<Outbox::Rows> Outbox::rows_after(std::int64_t number) {
  if (auto begun = connection_->begin(Purpose::read); !begun) return std::unexpected(begun.error());
  Rows rows;
  const Param params[] = {number, kPageMax};
  const auto done = connection_->run(kPage, params, [&rows](const store::Row& row) {
    rows.head = row.integer(0);
    if (!row.is_null(1)) rows.rows.push_back({row.integer(1), row.text(2), row.text(3)});
  });
  connection_->roll_back();
  if (!done) return std::unexpected(done.error());
  return rows;
}

void Outbox::clean() {
  clean_at_ = TimePoint::clock::now() + std::clamp(options_.keep / 10, milliseconds(100), kCleanPause);
  if (!connection_->begin(Purpose::write)) return;
  bool alone = false;
  const Param params[] = {options_.keep.count(), kCleanMax};
  auto done =
      connection_->run(kCleanAlone, {}, [&alone](const store::Row& row) { alone = row.integer(0) != 0; });
  if (done && alone) done = connection_->run(kClean, params);
  if (!done || !alone) return connection_->roll_back();
  const bool has_more = connection_->changes() == kCleanMax;
  if (connection_->commit() && has_more) clean_at_ = TimePoint::clock::now();
}

// ---- the end ----

void Outbox::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.wake();
  thread_.join();
}

// The units are all done; their results wait no longer than they would.
void Outbox::drain() {
  const TimePoint until = TimePoint::clock::now() + options_.sequencer.result_max_wait;
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (!sequencer_->wants_read()) return;
      if (TimePoint::clock::now() >= until) return sequencer_->tick(TimePoint::max());
    }
    if (!read()) wake_.wait(-1, milliseconds(10));
  }
}

void Outbox::report(StoreStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.sharing = {.lag = TimePoint::clock::now() - current_at_,
                   .published = sequencer_->published(),
                   .waiting = sequencer_->waiting(),
                   .skipped = skipped_,
                   .lost = lost_,
                   .late_results = sequencer_->late_results()};
}

}  // namespace belfry::store
