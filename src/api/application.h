// The application's HTTP routes: from requests to its handlers.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/allow_request.h"
#include "belfry/http.h"
#include "http/client_files.h"
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
  void allow_request(AllowRequestHandler handler, std::chrono::milliseconds timeout);
  /// Null: every handshake is let in.
  const AllowRequestHandler& allow_handler() const { return allow_handler_; }
  std::chrono::milliseconds allow_timeout() const { return allow_timeout_; }
  /// Asks the handler, which there is.
  void admit(const net::AppRequest& request, const net::Admission& admission) const;
  /// Serves the stock client's files below `path`.
  void serve_client(const std::string& path, http::ClientFiles files);
  /// Where they are.
  const std::vector<std::string>& client_paths() const { return client_paths_; }
  void handle(const net::AppRequest& request, const net::Responder& responder) const;
  /// What a request is refused with that no handler gets: a problem (RFC 9457); no detail: the status says it
  /// all.
  http::Response refusal(const http::Request& request, int status, std::string_view detail = {}) const;

 private:
  using Route = std::function<void(const net::AppRequest&, const http::PathPattern::Parameters&, HttpReply)>;

  const std::optional<http::CorsPolicy> cors_;
  const OnDefect on_defect_;
  http::Router<Route> router_;
  std::vector<std::string> client_paths_;
  AllowRequestHandler allow_handler_;
  std::chrono::milliseconds allow_timeout_{};
};

}  // namespace belfry
