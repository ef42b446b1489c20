// The application's HTTP routes: from requests to its handlers.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "belfry/http.h"
#include "http/cors.h"
#include "http/router.h"
#include "net/site.h"

namespace belfry {

/// Filled before the server listens, then constant: every shard uses it.
class Application {
 public:
  using OnDefect = std::function<void(const std::exception&)>;

  /// `on_defect`: told of exceptions out of handlers, whose requests get 500. Any shard.
  Application(std::optional<http::CorsPolicy> cors, OnDefect on_defect)
      : cors_(std::move(cors)), on_defect_(std::move(on_defect)) {}

  void route(std::string method, std::string_view pattern, HttpHandler handler);
  void serve_files(const std::string& mount, const std::string& folder);
  void handle(const net::AppRequest& request, const net::Responder& responder) const;
  /// What a request is refused with that no handler gets: a problem (RFC 9457); no detail: the status says it
  /// all.
  http::Response refusal(const http::Request& request, int status, std::string_view detail = {}) const;

 private:
  using Route = std::function<void(const net::AppRequest&, const http::PathPattern::Parameters&, HttpReply)>;

  const std::optional<http::CorsPolicy> cors_;
  const OnDefect on_defect_;
  http::Router<Route> router_;
};

}  // namespace belfry
