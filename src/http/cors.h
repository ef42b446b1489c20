// Which web pages of other origins may use the server (the Fetch standard's CORS protocol).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "http/response.h"

namespace belfry::http {

/// Constant once configured: any thread may use it.
struct CorsPolicy {
  bool any = false;                       ///< every origin
  std::vector<std::string> origins = {};  ///< as in the Origin header: `https://app.example.org`
  bool localhost_any_port = false;        ///< pages of localhost, 127.0.0.1 and [::1], for development
  bool credentials = true;                ///< cookies and authorization may be sent along
  std::vector<std::string> methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  unsigned max_age_s = 600;  ///< how long a browser may remember a preflight's answer

  /// Whether a page of `origin` may use the server; `own_origin` (the server's as this client sees it) may
  /// always.
  bool allows(std::string_view origin, std::string_view own_origin) const;
};

/// Adds what lets the page that sent `request` read the response. Nothing for a page that may not, save
/// `Vary`.
void add_cors_headers(const CorsPolicy& policy, const Request& request, std::string_view own_origin,
                      Response& response);

/// Whether the browser asks what it may send.
bool is_preflight(const Request& request);
/// The answer to it: 204, with the methods and the headers that it asked for, if the page may use the server.
Response answer_preflight(const CorsPolicy& policy, const Request& request, std::string_view own_origin);

}  // namespace belfry::http
