#include "apps/care/resource.h"

#include "apps/care/rules.h"
#include "apps/common/record_routes.h"

namespace belfry::care {

void add_routes(store::Store& store, apps::Api& api, const apps::AbsentMail& mail) {
  const apps::RecordRoutes routes(store, api);
  routes.make("/v1/care/recipients", add_recipient);
  routes.list("/v1/care/recipients", "familyId", list_recipients);
  routes.make("/v1/care/medications", add_medication);
  routes.list("/v1/care/recipients/{id}/medications", "id", list_medications);
  routes.make_for("/v1/care/medications/{id}/logs", log_medication);
  routes.list("/v1/care/medications/{id}/logs", "id", list_logs);
  routes.make<AlertInput, Alert>("/v1/care/alerts", [&mail](auto& tx, const auto& caller, const auto& input) {
    return raise_alert(tx, caller, input, mail);
  });
  routes.list("/v1/care/alerts", "familyId", list_alerts);
  routes.change("POST", "/v1/care/alerts/{id}/acknowledge", acknowledge_alert);
  routes.make("/v1/care/shifts", plan_shift);
  routes.list("/v1/care/shifts", "familyId", list_shifts);
  routes.change("POST", "/v1/care/shifts/{id}/check-in", check_in);
  routes.change("POST", "/v1/care/shifts/{id}/check-out", check_out);
}

}  // namespace belfry::care
