#include "server/dev_pages.h"

#include <optional>

#include "apps/common/api.h"
#include "apps/common/json.h"
#include "belfry/describe.h"
#include "server/pages.h"
#include "server/tokens.h"

namespace belfry::server {

namespace {

struct TokenInput {
  std::string sub;
  std::optional<std::string> role;
  std::optional<std::string> name;
};
constexpr auto describe(Type<TokenInput>) {
  return fields(field("sub", &TokenInput::sub), field("role", &TokenInput::role),
                field("name", &TokenInput::name));
}

Result<std::string> token_for(const Config& config, const std::string& secret, const std::string& body) {
  const auto value = parse_json(body);
  if (!value) return std::unexpected(value.error());
  const auto input = from_value<TokenInput>(*value);
  if (!input) return std::unexpected(input.error());
  if (input->sub.empty()) return fail_field("sub", "must not be empty");
  TokenRequest request;
  request.sub = input->sub;
  request.role = input->role.value_or("");
  request.name = input->name.value_or("");
  return make_token(config, secret, request);
}

}  // namespace

void add_dev_pages(Server& server, const Config& config, const std::string& secret, Log& log) {
  server.route("POST", "/dev/token", [&config, secret](const HttpRequest& request, const HttpReply& reply) {
    const auto token = token_for(config, secret, request.body);
    reply(token ? HttpResponse::json(200, {{"token", *token}}) : apps::problem(token.error()));
  });
  const std::string folder = pages_folder(config);
  if (folder.empty()) return log.warn("server", "there are no demo pages beside the program");
  server.serve_files("/", folder + "/page");
}

}  // namespace belfry::server
