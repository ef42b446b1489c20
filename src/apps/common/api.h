// REST: routes whose caller is known, JSON in and out, errors as RFC 9457 has them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/common/identity.h"
#include "apps/common/json.h"
#include "belfry/server.h"
#include "services/idempotency/idempotency.h"
#include "store/store.h"

namespace belfry::apps {

/// `application/problem+json` for an error: the one place where errors become statuses.
HttpResponse problem(const Error& error);

/// Which part of a list, newest first.
struct Page {
  int limit = 50;
  std::string before;  ///< the id of the last that was seen; empty: none was

  /// To be asked of the store: one more says whether there is more.
  int wanted() const { return limit + 1; }
};

/// `{items, nextCursor}` of what was found for a page, `Page::wanted()` of them at most.
template <class T, class ToJson>
Value page_json(const Page& page, const std::vector<T>& found, ToJson to_json) {
  const bool more = found.size() > static_cast<std::size_t>(page.limit);
  Value items = Value::array();
  for (std::size_t i = 0; i < found.size() - (more ? 1 : 0); ++i) items.push_back(to_json(found[i]));
  const Value cursor = more ? items.back().at("id") : Value(nullptr);
  return {{"items", std::move(items)}, {"nextCursor", cursor}};
}

/// A request on its way to its answer. A handle: copies are one; any thread.
class Call {
 public:
  Call(std::shared_ptr<const HttpRequest> request, Caller caller, HttpReply reply, Log& log)
      : request_(std::move(request)), caller_(std::move(caller)), reply_(std::move(reply)), log_(&log) {}

  const HttpRequest& request() const { return *request_; }
  const Caller& caller() const { return caller_; }

  /// The body as a `T`. Fails with `malformed` (400) or `invalid` (422).
  template <class T>
  Result<T> body() const {
    const auto value = parse_json(request_->body);
    if (!value) return std::unexpected(value.error());
    return from_value<T>(*value);
  }
  /// `?limit=`; absent: 50, more than 200: 200. Fails with `invalid`.
  Result<int> limit() const;
  /// That and `?before=`.
  Result<Page> page() const;
  /// A parameter of the path or, where it has none of that name, of the query; absent: empty.
  std::string parameter(std::string_view name) const;

  /// Does something in a unit of work (see `store::Store::write` for `key`) and answers `status` with what
  /// `work` returns; under an `Idempotency-Key` once, however often it is asked.
  using Work = std::function<Result<Value>(store::Transaction&)>;
  void write(store::Store& store, const std::string& key, Work work, int status = 201) const {
    write(store, key, std::move(work), [status](const Value&) { return status; });
  }
  /// The same where the answer says with which status.
  void write(store::Store& store, const std::string& key, Work work,
             std::function<int(const Value&)> status_of) const;
  /// Answers under an `Idempotency-Key` what was answered before (201), else goes on: for what must not be
  /// done before a repetition is known as one, such as counting. `go_on` runs on this shard.
  void unless_repeated(store::Store& store, std::function<void()> go_on) const;
  /// Answers 200 with what `work` reads.
  void read(store::Store& store, Work work) const;

  void answer(int status, const Value& body) const { answer(HttpResponse::json(status, body)); }
  void answer(HttpResponse response) const { reply_(std::move(response)); }
  void refuse(const Error& error) const;

 private:
  // Fails with `invalid`.
  Result<std::optional<idempotency::Request>> idempotency() const;

  std::shared_ptr<const HttpRequest> request_;
  Caller caller_;
  HttpReply reply_;
  Log* log_;
};

using ApiHandler = std::function<void(const Call&)>;

/// The routes under `/v1` and `/auth`. Filled before the server listens.
class Api {
 public:
  Api(Server& server, const Identity& identity, Log& log) : server_(server), identity_(identity), log_(log) {}

  /// Called on a shard, with a caller who is known; others get 401.
  void route(const std::string& method, const std::string& pattern, ApiHandler handler);
  /// The same for anybody: the call has an empty caller.
  void open_route(const std::string& method, const std::string& pattern, ApiHandler handler);
  /// The methods of each path.
  const std::map<std::string, std::set<std::string>>& routes() const { return methods_; }
  /// Once, after all routes: what is left under `/v1` and `/auth` is answered 404 and 405 as a problem, too.
  void finish();

 private:
  void serve(const ApiHandler& handler, const HttpRequest& request, const HttpReply& reply) const;
  void run(const ApiHandler& handler, const Call& call, const HttpReply& reply) const;

  Server& server_;
  const Identity& identity_;
  Log& log_;
  std::map<std::string, std::set<std::string>> methods_;  // by pattern
};

}  // namespace belfry::apps
