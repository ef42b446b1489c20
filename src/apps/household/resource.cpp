#include "apps/household/resource.h"

#include "apps/common/record_routes.h"
#include "apps/household/chats.h"
#include "apps/household/claims.h"
#include "apps/household/karma.h"
#include "apps/household/tasks.h"

namespace belfry::household {

namespace {

using apps::Call;

void add_karma_route(store::Store& store, apps::Api& api) {
  api.route("GET", "/v1/household/karma", [&store](const Call& call) {
    const auto page = call.page();
    if (!page) return call.refuse(page.error());
    const std::string family = call.parameter("familyId");
    const std::string user = call.parameter("userId");
    for (const auto& [name, value] : {std::pair("familyId", &family), std::pair("userId", &user)}) {
      if (value->empty()) return call.refuse(apps::is_required(name));
    }
    call.read(store, [page = *page, family, user, caller = call.caller()](Transaction& tx) {
      return karma_page(tx, caller, family, user, page);
    });
  });
}

void add_chat_list(store::Store& store, apps::Api& api) {
  api.route("GET", "/v1/household/chats", [&store](const Call& call) {
    const auto page = call.page();
    if (!page) return call.refuse(page.error());
    call.read(store, [page = *page, caller = call.caller()](Transaction& tx) -> Result<Value> {
      const auto chats = list_chats(tx, caller, page);
      if (!chats) return std::unexpected(chats.error());
      return apps::page_json(page, *chats, [](const Chat& chat) { return to_json(chat); });
    });
  });
}

}  // namespace

void add_routes(store::Store& store, apps::Api& api) {
  const apps::RecordRoutes routes(store, api);
  routes.make("/v1/household/tasks", add_task);
  routes.list("/v1/household/tasks", "familyId", list_tasks);
  routes.change_to("POST", "/v1/household/tasks/{id}/assign", assign_task);
  routes.change("POST", "/v1/household/tasks/{id}/complete", complete_task);
  routes.change("DELETE", "/v1/household/tasks/{id}", delete_task);
  routes.make("/v1/household/karma", give_karma);
  add_karma_route(store, api);
  routes.make("/v1/household/rewards", add_reward);
  routes.list("/v1/household/rewards", "familyId", list_rewards);
  routes.make("/v1/household/claims", add_claim);
  routes.list("/v1/household/claims", "familyId", list_claims);
  routes.change("POST", "/v1/household/claims/{id}/complete", complete_claim);
  routes.change("POST", "/v1/household/claims/{id}/cancel", cancel_claim);
  routes.make("/v1/household/chats", add_chat);
  routes.change_to("PATCH", "/v1/household/chats/{id}", change_chat);
  add_chat_list(store, api);
}

}  // namespace belfry::household
