#include "apps/health/resource.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace belfry::health {

namespace {

using apps::Call;

constexpr std::size_t kProvidersMax = 100;

struct VisitInput {
  std::string patient_id;
  std::vector<std::string> provider_ids;
  std::optional<std::string> scheduled_at;
};
constexpr auto describe(Type<VisitInput>) {
  return fields(field("patientId", &VisitInput::patient_id), field("providerIds", &VisitInput::provider_ids),
                field("scheduledAt", &VisitInput::scheduled_at));
}

/// Who another server sends a message for.
struct SenderInput {
  std::string sender_id;
};
constexpr auto describe(Type<SenderInput>) {
  return fields(field("senderId", &SenderInput::sender_id));
}

Result<NewVisit> read_visit(const VisitInput& input) {
  if (auto good = apps::check_user_id("patientId", input.patient_id); !good)
    return std::unexpected(good.error());
  if (input.provider_ids.empty()) return fail_field("providerIds", "must name at least one");
  if (input.provider_ids.size() > kProvidersMax) {
    return fail_field("providerIds", "more than " + std::to_string(kProvidersMax));
  }
  for (std::size_t i = 0; i < input.provider_ids.size(); ++i) {
    auto good = apps::check_user_id("providerIds." + std::to_string(i), input.provider_ids[i]);
    if (!good) return std::unexpected(good.error());
  }
  NewVisit visit{.patient_id = input.patient_id, .provider_ids = input.provider_ids, .scheduled_at = {}};
  if (input.scheduled_at) {
    const auto time = parse_iso_time(*input.scheduled_at);
    if (!time) return fail_field("scheduledAt", "must be an ISO 8601 time");
    visit.scheduled_at = *time;
  }
  return visit;
}

/// Whose message it is: the caller's, or whom another server names.
Result<Caller> sender_of(const Call& call) {
  if (!call.caller().is_server()) return call.caller();
  const auto named = call.body<SenderInput>();
  if (!named) return std::unexpected(named.error());
  if (auto good = apps::check_user_id("senderId", named->sender_id); !good)
    return std::unexpected(good.error());
  return Caller{.user_id = named->sender_id, .role = {}};
}

// `?userIds=a,b`
Result<std::vector<std::string>> user_ids_of(const Call& call) {
  const auto text = call.request().query_value("userIds");
  if (!text || text->empty()) return std::unexpected(apps::is_required("userIds"));
  std::vector<std::string> ids;
  for (std::size_t begin = 0; begin <= text->size();) {
    const auto comma = std::min(text->find(',', begin), text->size());
    if (comma > begin) ids.emplace_back(text->substr(begin, comma - begin));
    begin = comma + 1;
  }
  return ids;
}

}  // namespace

Resource::Resource(Context& context, apps::Api& api, PresenceEvents& presence)
    : context_(context), presence_(presence) {
  const std::string visits = "/v1/health/visits";
  const std::string messages = visits + "/{id}/messages";
  api.route("POST", visits, [this](const Call& call) { create(call); });
  api.route("GET", visits, [this](const Call& call) { list(call); });
  api.route("GET", messages, [this](const Call& call) { history(call); });
  api.route("POST", messages, [this](const Call& call) { send(call); });
  api.route("GET", "/v1/health/calls", [this](const Call& call) { list_calls(call); });
  api.route("GET", "/v1/health/presence", [this](const Call& call) { look(call); });
}

void Resource::create(const Call& call) {
  const Caller& caller = call.caller();
  if (!caller.is_admin() && caller.role != "provider") {
    return call.refuse({ErrorKind::forbidden, "Visits are made by providers, admins and servers"});
  }
  const auto input = call.body<VisitInput>();
  if (!input) return call.refuse(input.error());
  const auto visit = read_visit(*input);
  if (!visit) return call.refuse(visit.error());
  const auto write = [visit = *visit, creator = caller.user_id](store::Transaction& tx) -> Result<Value> {
    const auto made = create_visit(tx, visit, creator, wall_now_ms());
    if (!made) return std::unexpected(made.error());
    return to_json(*made);
  };
  call.write(context_.store, visit->patient_id, write);
}

void Resource::list(const Call& call) {
  const auto page = call.page();
  if (!page) return call.refuse(page.error());
  const auto read = [caller = call.caller(), page = *page](store::Transaction& tx) {
    return list_visits(tx, caller, page.limit, page.before);
  };
  context_.store.read(apps::post_here(), read, [call](const Result<VisitList>& list) {
    if (!list) return call.refuse(list.error());
    Value items = Value::array();
    for (const Visit& visit : list->items) items.push_back(to_json(visit));
    call.answer(200, {{"items", std::move(items)}, {"nextCursor", apps::json_or_null(list->next_cursor)}});
  });
}

void Resource::history(const Call& call) {
  const auto query = apps::read_history(call);
  if (!query) return call.refuse(query.error());
  const auto read = [caller = call.caller(), visit = std::string(call.request().parameter("id")),
                     query = *query](store::Transaction& tx) {
    return read_messages(tx, caller, visit, query);
  };
  context_.store.read(apps::post_here(), read, [call](const Result<apps::MessagePage>& page) {
    if (!page) return call.refuse(page.error());
    call.answer(200, apps::history_page(page->history, [&page](const auto& message) {
                  return page->with_receipts(message, to_json(message));
                }));
  });
}

void Resource::send(const Call& call) {
  const auto sender = sender_of(call);
  if (!sender) return call.refuse(sender.error());
  const auto input = call.body<MessageInput>();
  if (!input) return call.refuse(input.error());
  const auto message = read_message(*input, sender->user_id, context_.options.message);
  if (!message) return call.refuse(message.error());
  const std::string visit(call.request().parameter("id"));
  const auto write = [sender = *sender, visit, message = *message,
                      now = TimePoint::clock::now()](store::Transaction& tx) -> Result<Value> {
    const auto stored = send_message(tx, sender, visit, message, "", now);
    if (!stored) return std::unexpected(stored.error());
    return to_json(stored->message);
  };
  if (call.caller().is_server()) return call.write(context_.store, visit, write);
  const auto submit = [this, call, user = sender->user_id, visit, write](ShardState& home) {
    home.messages->check(user, TimePoint::clock::now(), [=, this](const Result<void>& passed) {
      passed ? call.write(context_.store, visit, write) : call.refuse(passed.error());
    });
  };
  call.unless_repeated(context_.store,
                       [this, user = sender->user_id, submit] { context_.homes.run(user, submit); });
}

void Resource::list_calls(const Call& call) {
  const auto visit = call.request().query_value("visitId");
  if (!visit) return call.refuse(apps::is_required("visitId"));
  const auto page = call.page();
  if (!page) return call.refuse(page.error());
  const auto read = [caller = call.caller(), visit = std::string(*visit),
                     page = *page](store::Transaction& tx) -> Result<calls::CallList> {
    if (auto allowed = visit_for(tx, caller, visit); !allowed) return std::unexpected(allowed.error());
    return calls::list(tx, visit, page.limit,
                       page.before.empty() ? std::nullopt : std::optional(page.before));
  };
  context_.store.read(apps::post_here(), read, [call](const Result<calls::CallList>& list) {
    if (!list) return call.refuse(list.error());
    Value items = Value::array();
    for (const calls::Call& one : list->items) items.push_back(to_json(one));
    call.answer(200, {{"items", std::move(items)}, {"nextCursor", apps::json_or_null(list->next_cursor)}});
  });
}

void Resource::look(const Call& call) {
  const auto ids = user_ids_of(call);
  if (!ids) return call.refuse(ids.error());
  presence_.look(call.caller(), *ids, [call](const Result<std::vector<presence::Presence>>& found) {
    if (!found) return call.refuse(found.error());
    call.answer(200, {{"success", true}, {"presences", to_json(*found)}});
  });
}

}  // namespace belfry::health
