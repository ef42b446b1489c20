#include "http/cors.h"

#include <algorithm>

namespace belfry::http {
namespace {

/// Whether `origin` is http(s) on this machine, with or without a port.
bool is_localhost(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;
    const auto authority = origin.substr(scheme.size());
    for (const std::string_view host : {"localhost", "127.0.0.1", "[::1]"}) {
      if (!authority.starts_with(host)) continue;
      const auto port = authority.substr(host.size());
      if (port.empty()) return true;
      return port.starts_with(':') && port.size() > 1 &&
             std::ranges::all_of(port.substr(1), [](char c) { return c >= '0' && c <= '9'; });
    }
  }
  return false;
}

std::string join(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out.append(out.empty() ? "" : ", ").append(item);
  return out;
}

}  // namespace

bool CorsPolicy::allows(std::string_view origin, std::string_view own_origin) const {
  if (any || (!own_origin.empty() && origin == own_origin)) return true;
  if (localhost_any_port && is_localhost(origin)) return true;
  return std::ranges::find(origins, origin) != origins.end();
}

void add_cors_headers(const CorsPolicy& policy, const Request& request, std::string_view own_origin,
                      Response& response) {
  const std::string_view origin = request.headers.find("origin");
  response.vary_by("Origin");
  if (origin.empty()) {
    if (policy.any) response.set("Access-Control-Allow-Origin", "*");
    return;
  }
  if (!policy.allows(origin, own_origin)) return;
  response.set("Access-Control-Allow-Origin", std::string(origin));
  if (policy.credentials) response.set("Access-Control-Allow-Credentials", "true");
}

bool is_preflight(const Request& request) {
  return request.method == "OPTIONS" && request.headers.has("origin") &&
         request.headers.has("access-control-request-method");
}

Response answer_preflight(const CorsPolicy& policy, const Request& request, std::string_view own_origin) {
  Response response{.status = 204};
  add_cors_headers(policy, request, own_origin, response);
  if (response.find("access-control-allow-origin").empty()) return response;
  response.set("Access-Control-Allow-Methods", join(policy.methods));
  const std::string_view wanted = request.headers.find("access-control-request-headers");
  if (!wanted.empty()) response.set("Access-Control-Allow-Headers", std::string(wanted));
  response.vary_by("Access-Control-Request-Headers");
  response.set("Access-Control-Max-Age", std::to_string(policy.max_age_s));
  return response;
}

}  // namespace belfry::http
