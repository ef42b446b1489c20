#include "api/application.h"

#include <fmt/format.h>

#include <memory>

#include "http/compress.h"
#include "http/query.h"
#include "http/static_files.h"

namespace belfry {

namespace {

HttpRequest request_of(const net::AppRequest& from, const http::PathPattern::Parameters& parameters,
                       const std::optional<http::CorsPolicy>& cors) {
  const std::string_view origin = from.request.headers.find("origin");
  const bool allowed =
      !origin.empty() && cors.value_or(http::CorsPolicy{}).allows(origin, from.request.own_origin());
  HttpRequest request{from.request.method,
                      std::string(from.request.path()),
                      parameters,
                      http::parse_query(from.request.query()),
                      {},
                      from.request.body,
                      from.address,
                      allowed,
                      from.request.secure};
  for (const auto& header : from.request.headers) request.headers.emplace_back(header.name, header.value);
  return request;
}

http::Response response_of(HttpResponse from) {
  http::Response response{from.status, {}, std::move(from.body)};
  for (auto& [name, value] : from.headers) response.add(name, std::move(value));
  return response;
}

HttpResponse response_to(http::Response from) {
  HttpResponse response{from.status, {}, std::move(from.body)};
  for (auto& header : from.headers) response.headers.emplace_back(header.name, header.value);
  return response;
}

/// What to say of a request that cannot be read to its end.
std::string_view detail_of(int status) {
  switch (status) {
    case 413:
      return "The body is larger than this server takes";
    case 431:
      return "The head is larger than this server takes";
    default:
      return "The request cannot be read";
  }
}

}  // namespace

http::Response Application::refusal(const http::Request& request, int status, std::string_view detail) const {
  const std::string reason(http::reason_phrase(status));
  http::Response response = http::json(status, Value{{"type", "about:blank"},
                                                     {"title", reason},
                                                     {"status", status},
                                                     {"detail", detail.empty() ? detail_of(status) : detail}}
                                                   .dump());
  response.set("Content-Type", "application/problem+json");
  if (cors_) http::add_cors_headers(*cors_, request, request.own_origin(), response);
  return response;
}

void Application::route(std::string method, std::string_view pattern, HttpHandler handler) {
  router_.add(std::move(method), pattern,
              [this, handler = std::move(handler)](const net::AppRequest& request, const auto& parameters,
                                                   const HttpReply& reply) {
                try {
                  handler(request_of(request, parameters, cors_), reply);
                } catch (const std::exception& defect) {
                  on_defect_(defect);
                  reply(HttpResponse::text(500, "Internal Server Error"));
                }
              });
}

void Application::serve_files(const std::string& mount, const std::string& folder) {
  const auto files = std::make_shared<const http::StaticFiles>(folder);
  router_.add(
      "GET", mount + (mount.ends_with('/') ? "*" : "/*"),
      [files](const net::AppRequest& request, const auto& parameters, const HttpReply& reply) {
        reply(response_to(files->serve(request.request, parameters.empty() ? "" : parameters.back().second)));
      });
}

void Application::serve_client(const std::string& path, http::ClientFiles files) {
  const auto shared = std::make_shared<const http::ClientFiles>(std::move(files));
  for (const std::string& name : shared->names()) {
    client_paths_.push_back(fmt::format("{}{}{}", path, path.ends_with('/') ? "" : "/", name));
    router_.add("GET", client_paths_.back(),
                [shared, name](const net::AppRequest& request, const auto&, const HttpReply& reply) {
                  reply(response_to(shared->serve(request.request, name)));
                });
  }
}

void Application::allow_request(AllowRequestHandler handler, std::chrono::milliseconds timeout) {
  allow_handler_ = std::move(handler);
  allow_timeout_ = timeout;
}

void Application::admit(const net::AppRequest& request, const net::Admission& admission) const {
  const AllowReply reply(
      [admission](bool allowed, std::string message) { admission({allowed, std::move(message)}); });
  try {
    allow_handler_(request_of(request, {}, cors_), reply);
  } catch (const std::exception& defect) {
    on_defect_(defect);
    reply.refuse();
  }
}

void Application::handle(const net::AppRequest& request, const net::Responder& responder) const {
  http::Request bodiless{request.request.method, request.request.target, request.request.version,
                         request.request.headers};
  bodiless.secure = request.request.secure;
  const auto head = std::make_shared<const http::Request>(std::move(bodiless));
  const std::string own_origin = head->own_origin();
  if (cors_ && http::is_preflight(*head)) {
    return responder.respond(http::answer_preflight(*cors_, *head, own_origin));
  }
  const HttpReply reply([this, responder, head, own_origin](HttpResponse answer) {
    http::Response response = response_of(std::move(answer));
    http::compress_body(response, head->headers.find("accept-encoding"));
    if (cors_) http::add_cors_headers(*cors_, *head, own_origin, response);
    responder.respond(std::move(response));
  });
  const auto match = router_.find(head->method, head->path());
  if (match.handler != nullptr) return (*match.handler)(request, match.parameters, reply);
  http::Response refused = match.allow.empty()
                               ? refusal(*head, 404, "There is nothing at this path")
                               : refusal(*head, 405, "This path knows " + std::string(match.allow));
  if (!match.allow.empty()) refused.set("Allow", match.allow);
  responder.respond(std::move(refused));
}

}  // namespace belfry
