// REST of records: made, listed and changed by functions of the app's domain.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/common/api.h"
#include "store/records.h"

namespace belfry::apps {

/// Adds routes to functions over a unit of work, which check who calls and fail as they like. Before the
/// server listens; handlers run on the shard of their request. A value.
class RecordRoutes {
 public:
  RecordRoutes(store::Store& store, Api& api) : store_(&store), api_(&api) {}

  /// `POST path`: makes a record of the body; 201 with it.
  template <class Input, class T>
  void make(const std::string& path,
            Result<T> (*work)(store::Transaction&, const Caller&, const Input&)) const {
    make<Input, T>(path, Making<Input, T>(work));
  }
  template <class Input, class T>
  using Making = std::function<Result<T>(store::Transaction&, const Caller&, const Input&)>;
  /// The same for a function that needs more: `make<Input, T>(path, lambda)`.
  template <class Input, class T>
  void make(const std::string& path, Making<Input, T> work) const {
    api_->route("POST", path, [store = store_, work = std::move(work)](const Call& call) {
      const auto input = call.body<Input>();
      if (!input) return call.refuse(input.error());
      call.write(*store, call.caller().name(),
                 [work, caller = call.caller(), input = *input](store::Transaction& tx) {
                   return json_of(work(tx, caller, input));
                 });
    });
  }
  /// `POST path`: makes a record of the body, for the one that `{id}` names; 201 with it.
  template <class Input, class T>
  void make_for(const std::string& path, Result<T> (*work)(store::Transaction&, const Caller&,
                                                           const std::string& id, const Input&)) const {
    with_body<Input>("POST", path, 201, work);
  }
  /// `POST path` (or another method): changes the one that `{id}` names as the body says; 200 with it.
  template <class Input, class T>
  void change_to(const std::string& method, const std::string& path,
                 Result<T> (*work)(store::Transaction&, const Caller&, const std::string& id,
                                   const Input&)) const {
    with_body<Input>(method, path, 200, work);
  }
  /// `POST path` (or another method): does something to the one that `{id}` names; 200 with it.
  template <class T>
  void change(const std::string& method, const std::string& path,
              Result<T> (*work)(store::Transaction&, const Caller&, const std::string& id)) const {
    api_->route(method, path, [store = store_, work](const Call& call) {
      const std::string id = call.parameter("id");
      call.write(
          *store, id,
          [work, id, caller = call.caller()](store::Transaction& tx) {
            return json_of(work(tx, caller, id));
          },
          200);
    });
  }
  /// `GET path`: a page of what belongs to the one that parameter `of` (of the path or the query) names.
  template <class T>
  void list(const std::string& path, const std::string& of,
            Result<std::vector<T>> (*work)(store::Transaction&, const Caller&, const std::string&,
                                           const Page&)) const {
    api_->route("GET", path, [store = store_, of, work](const Call& call) {
      const auto page = call.page();
      if (!page) return call.refuse(page.error());
      const std::string owner = call.parameter(of);
      if (owner.empty()) return call.refuse(is_required(of));
      call.read(*store,
                [work, owner, page = *page, caller = call.caller()](store::Transaction& tx) -> Result<Value> {
                  const auto found = work(tx, caller, owner, page);
                  if (!found) return std::unexpected(found.error());
                  return page_json(page, *found, [](const T& record) { return json_of(record); });
                });
    });
  }

 private:
  template <class Input, class Work>
  void with_body(const std::string& method, const std::string& path, int status, Work work) const {
    api_->route(method, path, [store = store_, work, status](const Call& call) {
      const auto input = call.body<Input>();
      if (!input) return call.refuse(input.error());
      const std::string id = call.parameter("id");
      call.write(
          *store, id,
          [work, id, caller = call.caller(), input = *input](store::Transaction& tx) {
            return json_of(work(tx, caller, id, input));
          },
          status);
    });
  }

  static Value json_of(const Value& json) { return json; }
  template <class T>
  static Value json_of(const T& record) {
    using store::to_json;
    return to_json(record);
  }
  template <class T>
  static Result<Value> json_of(const Result<T>& record) {
    if (!record) return std::unexpected(record.error());
    return json_of(*record);
  }

  store::Store* store_;
  Api* api_;
};

}  // namespace belfry::apps
