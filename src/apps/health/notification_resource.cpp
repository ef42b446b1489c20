#include "apps/health/notification_resource.h"

#include <string>
#include <utility>

#include "apps/health/notices.h"

namespace belfry::health {

namespace {

using apps::Call;

// Whose list it is: the caller's, or whom another server or an admin names.
Result<std::string> owner_of(const Call& call) {
  const auto named = call.request().query_value("userId");
  if (!call.caller().is_admin() || (!named && !call.caller().is_server())) return call.caller().user_id;
  if (auto good = apps::check_user_id("userId", named.value_or("")); !good) {
    return std::unexpected(good.error());
  }
  return std::string(*named);
}

Result<notifications::ListQuery> list_query(const Call& call) {
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  notifications::ListQuery query{.limit = page->limit};
  if (!page->before.empty()) query.before = page->before;
  const auto unread = call.request().query_value("unreadOnly").value_or("false");
  if (unread != "true" && unread != "false") return fail_field("unreadOnly", "must be true or false");
  query.unread_only = unread == "true";
  return query;
}

}  // namespace

NotificationResource::NotificationResource(Context& context, apps::Api& api) : context_(context) {
  const std::string notifications = "/v1/health/notifications";
  api.route("POST", notifications, [this](const Call& call) { create(call); });
  api.route("GET", notifications, [this](const Call& call) { list(call); });
}

void NotificationResource::create(const Call& call) {
  if (!call.caller().is_admin()) {
    return call.refuse({ErrorKind::forbidden, "Notifications are made by admins and servers"});
  }
  const auto input = call.body<NotifyInput>();
  if (!input) return call.refuse(input.error());
  if (auto good = check_notify(*input); !good) return call.refuse(good.error());
  const std::string key = input->user_id ? notifications::key_of(kApp, *input->user_id) : "notify many";
  call.write(context_.store, key, [input = *input](store::Transaction& tx) { return notify_all(tx, input); });
}

void NotificationResource::list(const Call& call) {
  const auto owner = owner_of(call);
  if (!owner) return call.refuse(owner.error());
  const auto query = list_query(call);
  if (!query) return call.refuse(query.error());
  const auto read = [owner = *owner, query = *query](store::Transaction& tx) {
    return notifications::list(tx, kApp, owner, query);
  };
  context_.store.read(apps::post_here(), read, [call](const Result<notifications::List>& list) {
    if (!list) return call.refuse(list.error());
    call.answer(200, to_json(*list));
  });
}

}  // namespace belfry::health
