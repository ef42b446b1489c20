// The application's own HTTP routes, beside Socket.IO on one listener.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/value.h"

namespace belfry {

using NameValues = std::vector<std::pair<std::string, std::string>>;

/// A request. A value; any thread.
struct HttpRequest {
  std::string method;
  std::string path;       ///< still encoded
  NameValues parameters;  ///< what `{name}` and `*` of the route's pattern stood for, decoded
  NameValues query;       ///< decoded
  NameValues headers;     ///< names in lower case
  std::string body;
  std::string address;               ///< of the client's connection, without a port
  bool from_allowed_origin = false;  ///< sent by a page (`Origin`) that may use the server
  bool secure = false;               ///< whether it came over TLS

  /// The first of that name, or empty.
  std::string_view parameter(std::string_view name) const { return find(parameters, name).value_or(""); }
  std::string_view header(std::string_view lower_case_name) const {
    return find(headers, lower_case_name).value_or("");
  }
  std::optional<std::string_view> query_value(std::string_view name) const { return find(query, name); }

 private:
  static std::optional<std::string_view> find(const NameValues& list, std::string_view name);
};

struct HttpResponse {
  int status = 200;
  NameValues headers;
  std::string body;

  static HttpResponse json(int status, const Value& body);
  static HttpResponse text(int status, std::string body);
};

/// Answers a request: once, on any thread. A handle: copies are one. If none answers, the client gets 500.
/// None may outlive the server.
class HttpReply {
 public:
  explicit HttpReply(std::function<void(HttpResponse)> send) : send_(std::move(send)) {}
  void operator()(HttpResponse response) const { send_(std::move(response)); }

 private:
  std::function<void(HttpResponse)> send_;
};

/// Runs on a shard: what takes long belongs elsewhere, and answers later.
using HttpHandler = std::function<void(const HttpRequest&, HttpReply)>;

}  // namespace belfry
