#include "server/operator.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "apps/common/json.h"
#include "apps/common/session.h"
#include "belfry/describe.h"
#include "core/event.h"

namespace belfry::server {

namespace {

using apps::Call;

constexpr milliseconds kSampleInterval{1'000};
constexpr std::size_t kSamples = 10;
constexpr std::size_t kEventMax = 200;  // characters
constexpr std::size_t kTargetsMax = 1'000;

struct EmitInput {
  std::string app;
  std::string event;
  Value payload;
  std::optional<std::vector<std::string>> rooms;
  std::optional<std::vector<std::string>> user_ids;
  std::optional<std::vector<std::string>> except;
};
constexpr auto describe(Type<EmitInput>) {
  return fields(field("app", &EmitInput::app), field("event", &EmitInput::event),
                field("payload", &EmitInput::payload), field("rooms", &EmitInput::rooms),
                field("userIds", &EmitInput::user_ids), field("except", &EmitInput::except));
}

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

bool allowed(const Call& call) {
  if (call.caller().is_admin()) return true;
  call.refuse({ErrorKind::forbidden, "This is for admins and servers"});
  return false;
}

Result<void> check_list(const char* field, const std::optional<std::vector<std::string>>& list) {
  if (list && list->size() > kTargetsMax)
    return fail_field(field, "more than " + std::to_string(kTargetsMax));
  return {};
}

Result<void> check_emit(const EmitInput& input) {
  constexpr std::array<std::string_view, 6> kReserved = {"connect",       "connect_error", "disconnect",
                                                         "disconnecting", "newListener",   "removeListener"};
  if (auto good = apps::check_text("event", input.event, kEventMax); !good) return good;
  if (std::ranges::find(kReserved, input.event) != kReserved.end()) return fail_field("event", "is reserved");
  if (auto good = check_list("rooms", input.rooms); !good) return good;
  if (auto good = check_list("userIds", input.user_ids); !good) return good;
  return check_list("except", input.except);
}

// Of one that was let in as nobody.
Value text_or_null(const std::string& text) {
  return text.empty() ? Value(nullptr) : Value(text);
}

/// A text that sorts sockets by their age, the youngest first.
std::string newest_first(const RemoteSocket& socket) {
  constexpr std::int64_t kFarthest = 9'999'999'999'999;
  return fmt::format("{:013}.{}", kFarthest - socket.handshake.issued_ms, socket.id);
}

// One page of what is sorted by `key`, the smallest first; `before` is the last one that was seen.
template <class Items, class Key>
void answer_page(const Call& call, Items items, Key key) {
  const auto limit = call.limit();
  if (!limit) return call.refuse(limit.error());
  std::ranges::sort(items, {}, key);
  const std::string before(call.request().query_value("before").value_or(""));
  const auto begin = before.empty() ? items.begin() : std::ranges::upper_bound(items, before, {}, key);
  const auto size = std::min<std::ptrdiff_t>(*limit, items.end() - begin);
  Value page = Value::array();
  for (auto item = begin; item != begin + size; ++item) page.push_back(item->second);
  const bool more = begin + size != items.end();
  const Value cursor = more ? Value(key(*(begin + size - 1))) : Value(nullptr);
  call.answer(200, {{"items", std::move(page)}, {"nextCursor", cursor}});
}

}  // namespace

/// Told after the commit that remembers the request. This node emits it to the sockets of all.
struct Operator::Emission : LocalEvent {
  EmitInput input;
};

/// Every node disconnects its own.
struct Operator::Disconnection : Event {
  std::string user_id;

  friend constexpr auto describe(Type<Disconnection>) {
    return fields(field("userId", &Disconnection::user_id));
  }
};

void Operator::add_forms(EventForms& forms) {
  forms.add<Disconnection>("operator.disconnection");
}

Operator::Operator(OperatorParts parts) : parts_(std::move(parts)) {
  parts_.bus.subscribe<Disconnection>([this](const auto& event) {
    for (const apps::AppEntry& app : parts_.apps) {
      for (const Namespace& nsp : app.mounts.all()) {
        nsp.to(user_room_name(event->user_id)).local().disconnect_sockets(true);
      }
    }
  });
  parts_.server.route("GET", "/metrics", [this](const HttpRequest&, const HttpReply& reply) {
    overview([reply](const Overview& all) {
      HttpResponse response = HttpResponse::text(200, metrics_text(all));
      response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
      reply(std::move(response));
    });
  });
  apps::Api& api = parts_.api;
  api.route("GET", "/v1/stats", [this](const Call& call) { stats(call); });
  api.route("GET", "/v1/users/{id}/connected", [this](const Call& call) { connected(call); });
  api.route("POST", "/v1/users/{id}/disconnect", [this](const Call& call) { disconnect(call); });
  api.route("POST", "/v1/emit", [this](const Call& call) { emit(call); });
  api.route("GET", "/v1/sockets", [this](const Call& call) { sockets(call); });
  api.route("GET", "/v1/rooms", [this](const Call& call) { rooms(call); });
  parts_.bus.subscribe<Emission>([this](const auto& told) {
    const EmitInput& input = told->input;
    std::vector<std::string> targets = input.rooms.value_or(std::vector<std::string>());
    for (const std::string& id : input.user_ids.value_or(std::vector<std::string>())) {
      targets.push_back(user_room_name(id));
    }
    const auto except = input.except.value_or(std::vector<std::string>());
    const apps::Mounts& mounts = app_named(input.app)->mounts;
    if (input.rooms || input.user_ids) return mounts.emit(targets, except, input.event, input.payload);
    mounts.emit_to_all(input.event, input.payload, except);
  });
}

const apps::AppEntry* Operator::app_named(std::string_view name) const {
  const auto found = std::ranges::find(parts_.apps, name, &apps::AppEntry::name);
  return found == parts_.apps.end() ? nullptr : &*found;
}

// ---- what is known ----

void Operator::start() {
  parts_.server.post_to(0, [this] { sample(); });
}

void Operator::sample() {
  const TimePoint now = TimePoint::clock::now();
  samples_.emplace_back(now, parts_.server.stats().messages_in);
  if (samples_.size() > kSamples) samples_.pop_front();
  const auto& [since, before] = samples_.front();
  const double seconds = std::chrono::duration<double>(now - since).count();
  messages_per_second_ = seconds > 0 ? static_cast<double>(samples_.back().second - before) / seconds : 0;
  parts_.server.after(kSampleInterval, [this] { sample(); });
}

// It looks at every user and room, so that one is made at a time, on shard 0, for all who wait for the next.
void Operator::overview(std::function<void(const Overview&)> done) {
  const auto answer = [post = apps::post_here(), done = std::move(done)](
                          const std::shared_ptr<const Overview>& all) { post([done, all] { done(*all); }); };
  parts_.server.post_to(0, [this, answer] {
    overview_waiting_.push_back(answer);
    if (!overview_running_) next_overview();
  });
}

void Operator::next_overview() {
  overview_running_ = !overview_waiting_.empty();
  if (!overview_running_) return;
  gather([this, waiting = std::exchange(overview_waiting_, {})](Overview all) {
    const auto shared = std::make_shared<const Overview>(std::move(all));
    for (const auto& answer : waiting) answer(shared);
    next_overview();
  });
}

void Operator::gather(std::function<void(Overview)> done) {
  struct Gathering {
    Overview overview;
    std::size_t missing;  // answers
    std::function<void(Overview)> done;
    void add() {
      if (--missing == 0) done(std::move(overview));
    }
  };
  const auto gathering = std::make_shared<Gathering>(Overview(), parts_.apps.size() + 2, std::move(done));
  Overview& all = gathering->overview;
  all.server = parts_.server.stats();
  all.store = parts_.store.stats();
  all.adapter_failures = parts_.server.adapter_counts();
  all.credentials_refused = parts_.identity.refused();
  for (std::size_t i = 0; i < auth::kTokenProblemCount; ++i) {
    const auto problem = static_cast<auth::TokenProblem>(i);
    all.tokens_refused[std::string(auth::text_of(problem))] = parts_.verifier.refused(problem);
  }
  all.messages_per_second = messages_per_second_;
  all.resident_bytes = resident_bytes();
  all.uptime_seconds = std::chrono::duration<double>(TimePoint::clock::now() - began_).count();
  parts_.mailer.stats([gathering](MailStats stats) {
    gathering->overview.mail = stats;
    gathering->add();
  });
  parts_.cluster.stats([gathering](std::optional<ClusterStats> stats) {
    gathering->overview.cluster = std::move(stats);
    gathering->add();
  });
  for (const apps::AppEntry& app : parts_.apps) {
    app.stats([gathering, name = app.name](apps::AppStats stats) {
      gathering->overview.apps[name] = std::move(stats);
      gathering->add();
    });
  }
}

void Operator::stats(const Call& call) {
  if (!allowed(call)) return;
  overview([call](const Overview& all) { call.answer(200, stats_json(all)); });
}

// ---- users ----

// An admin and a server may ask of everybody, a user of themselves.
void Operator::connected(const Call& call) {
  const std::string id(call.request().parameter("id"));
  if (id != call.caller().user_id && !allowed(call)) return;
  struct Count {
    std::set<std::string> connections;
    std::size_t missing = 0;
  };
  const auto count = std::make_shared<Count>();
  std::vector<Emitter> wanted;
  for (const apps::AppEntry& app : parts_.apps) {
    for (const Namespace& nsp : app.mounts.all()) wanted.push_back(nsp.to(user_room_name(id)));
  }
  count->missing = wanted.size();
  for (const Emitter& sockets : wanted) {
    sockets.fetch_sockets([call, count](const std::vector<RemoteSocket>& found) {
      for (const RemoteSocket& one : found) count->connections.insert(one.connection);
      if (--count->missing > 0) return;
      const std::size_t devices = count->connections.size();
      call.answer(200, {{"connected", devices > 0}, {"devices", devices}});
    });
  }
}

void Operator::disconnect(const Call& call) {
  if (!allowed(call)) return;
  const auto write = [id = call.parameter("id")](store::Transaction& tx) -> Result<Value> {
    auto told = std::make_shared<Disconnection>();
    told->user_id = id;
    tx.tell(std::move(told));
    return Value{{"success", true}};
  };
  call.write(parts_.store, "disconnect", write, 200);
}

// ---- emitting ----

void Operator::emit(const Call& call) {
  if (!call.caller().is_server()) return call.refuse({ErrorKind::forbidden, "This is for servers"});
  const auto input = call.body<EmitInput>();
  if (!input) return call.refuse(input.error());
  if (app_named(input->app) == nullptr) return call.refuse({ErrorKind::invalid, "is no app", "app"});
  if (auto good = check_emit(*input); !good) return call.refuse(good.error());
  const auto write = [input = *input](store::Transaction& tx) -> Result<Value> {
    auto told = std::make_shared<Emission>();
    told->input = input;
    tx.tell(std::move(told));
    return Value{{"accepted", true}};
  };
  call.write(parts_.store, "emit", write, 202);
}

// ---- who is there ----

void Operator::fetch(const Call& call, const std::vector<std::string>& rooms,
                     std::function<void(Found)> done) {
  const auto app = call.request().query_value("app");
  if (app && app_named(*app) == nullptr) return call.refuse({ErrorKind::invalid, "is no app", "app"});
  struct Search {
    Found found;
    std::size_t missing = 0;
    std::function<void(Found)> done;
  };
  const auto search = std::make_shared<Search>(Found(), 0, std::move(done));
  std::vector<std::pair<std::string, Emitter>> wanted;
  for (const apps::AppEntry& entry : parts_.apps) {
    if (app && entry.name != *app) continue;
    for (const Namespace& nsp : entry.mounts.all()) wanted.emplace_back(entry.name, nsp.sockets().to(rooms));
  }
  search->missing = wanted.size();
  for (const auto& [name, emitter] : wanted) {
    emitter.fetch_sockets([search, name](std::vector<RemoteSocket> sockets) {
      for (RemoteSocket& socket : sockets) search->found.emplace_back(name, std::move(socket));
      if (--search->missing == 0) search->done(std::move(search->found));
    });
  }
}

void Operator::sockets(const Call& call) {
  if (!allowed(call)) return;
  const auto room = call.request().query_value("room");
  const auto user = call.request().query_value("userId");
  std::vector<std::string> rooms;
  if (room) {
    rooms.emplace_back(*room);
  } else if (user) {
    rooms.push_back(user_room_name(*user));
  }
  const std::string wanted(user.value_or(""));
  fetch(call, rooms, [call, wanted](const Found& found) {
    std::vector<std::pair<std::string, Value>> items;
    for (const auto& [app, socket] : found) {
      const apps::Caller caller = apps::caller_in(socket.data);
      if (!wanted.empty() && caller.user_id != wanted) continue;
      items.emplace_back(newest_first(socket), Value{{"id", socket.id},
                                                     {"app", app},
                                                     {"userId", text_or_null(caller.user_id)},
                                                     {"role", text_or_null(caller.role)},
                                                     {"rooms", socket.rooms},
                                                     {"address", socket.handshake.address},
                                                     {"connectedAt", iso_time(socket.handshake.issued_ms)}});
    }
    answer_page(call, std::move(items), [](const auto& item) { return item.first; });
  });
}

void Operator::rooms(const Call& call) {
  if (!allowed(call)) return;
  fetch(call, {}, [call](const Found& found) {
    struct Room {
      std::set<std::string> users;
      std::int64_t sockets = 0;
    };
    std::map<std::pair<std::string, std::string>, Room> rooms;  // by app and name
    for (const auto& [app, socket] : found) {
      for (const std::string& name : socket.rooms) {
        if (name == socket.id) continue;
        Room& room = rooms[{app, name}];
        const apps::Caller caller = apps::caller_in(socket.data);
        if (!caller.user_id.empty()) room.users.insert(caller.user_id);
        ++room.sockets;
      }
    }
    std::vector<std::pair<std::string, Value>> items;
    items.reserve(rooms.size());
    for (const auto& [key, room] : rooms) {
      items.emplace_back(
          key.first + " " + key.second,
          Value{
              {"app", key.first}, {"room", key.second}, {"sockets", room.sockets}, {"userIds", room.users}});
    }
    answer_page(call, std::move(items), [](const auto& item) { return item.first; });
  });
}

}  // namespace belfry::server
