#include "apps/common/api.h"

#include <algorithm>
#include <charconv>
#include <exception>

#include "apps/common/answers.h"
#include "auth/digest.h"
#include "core/clock.h"
#include "http/response.h"

namespace belfry::apps {

namespace {

constexpr int kLimitDefault = 50;
constexpr int kLimitMax = 200;
constexpr std::size_t kIdempotencyKeyMaxBytes = 255;

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::malformed:
      return 400;
    case ErrorKind::invalid:
      return 422;
    case ErrorKind::unauthenticated:
      return 401;
    case ErrorKind::forbidden:
      return 403;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::too_large:
      return 413;
    case ErrorKind::rate_limited:
      return 429;
    case ErrorKind::timed_out:
    case ErrorKind::closed:
    case ErrorKind::unavailable:
      return 503;
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

HttpResponse problem_of(int status, const Error& error) {
  Value body = {{"type", "about:blank"},
                {"title", http::reason_phrase(status)},
                {"status", status},
                {"detail", error.text()}};
  if (status == 422) body["errors"] = Value::array({{{"field", error.field}, {"message", error.message}}});
  HttpResponse response = HttpResponse::json(status, body);
  response.headers = {{"Content-Type", "application/problem+json"}};
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 429) {
    response.headers.emplace_back("Retry-After", std::to_string((error.retry_after_ms + 999) / 1000));
  }
  return response;
}

}  // namespace

HttpResponse problem(const Error& error) {
  return problem_of(status_of(error.kind), error);
}

Result<int> Call::limit() const {
  const auto text = request_->query_value("limit");
  if (!text) return kLimitDefault;
  int limit = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, limit);
  if (error == std::errc::result_out_of_range && stop == end && !text->starts_with('-')) return kLimitMax;
  if (error != std::errc() || stop != end || limit < 1) {
    return fail_field("limit", "must be a whole number from 1 to " + std::to_string(kLimitMax));
  }
  return std::min(limit, kLimitMax);
}

Result<Page> Call::page() const {
  const auto wanted = limit();
  if (!wanted) return std::unexpected(wanted.error());
  Page page{.limit = *wanted, .before = std::string(request_->query_value("before").value_or(""))};
  if (auto good = check_cursor(page.before); !good) return std::unexpected(good.error());
  return page;
}

std::string Call::parameter(std::string_view name) const {
  const std::string_view in_path = request_->parameter(name);
  return std::string(in_path.empty() ? request_->query_value(name).value_or("") : in_path);
}

Result<std::optional<idempotency::Request>> Call::idempotency() const {
  const std::string_view key = request_->header("idempotency-key");
  if (key.empty()) return std::nullopt;
  if (key.size() > kIdempotencyKeyMaxBytes) {
    return fail_field("Idempotency-Key", "longer than " + std::to_string(kIdempotencyKeyMaxBytes) + " bytes");
  }
  const std::string digest =
      auth::sha256_hex(request_->method + " " + request_->path + "\n" + request_->body);
  return idempotency::Request{.caller = caller_.name(), .key = std::string(key), .digest = digest};
}

void Call::write(store::Store& store, const std::string& key, Work work,
                 std::function<int(const Value&)> status_of) const {
  const auto request = idempotency();
  if (!request) return refuse(request.error());
  const auto once = [request = *request, work = std::move(work)](store::Transaction& tx) -> Result<Value> {
    if (!request) return work(tx);
    const auto known = idempotency::claim(tx, *request, wall_now_ms());
    if (!known) return std::unexpected(known.error());
    if (*known) return parse_json(**known);
    auto answer = work(tx);
    if (!answer) return answer;
    if (auto kept = idempotency::record(tx, *request, answer->dump()); !kept) {
      return std::unexpected(std::move(kept.error()));
    }
    return answer;
  };
  store.write(post_here(), key, once,
              [call = *this, status_of = std::move(status_of)](const Result<Value>& answer) {
                if (!answer) return call.refuse(answer.error());
                call.answer(status_of(*answer), *answer);
              });
}

void Call::unless_repeated(store::Store& store, std::function<void()> go_on) const {
  const auto request = idempotency();
  if (!request) return refuse(request.error());
  if (!*request) return go_on();
  const auto look = [request = **request](store::Transaction& tx) {
    return idempotency::find(tx, request, wall_now_ms());
  };
  store.read(post_here(), look,
             [call = *this, go_on = std::move(go_on)](const Result<std::optional<std::string>>& known) {
               if (!known) return call.refuse(known.error());
               if (!*known) return go_on();
               const auto answer = parse_json(**known);
               answer ? call.answer(201, *answer) : call.refuse(answer.error());
             });
}

void Call::read(store::Store& store, Work work) const {
  store.read(post_here(), std::move(work), [call = *this](const Result<Value>& answer) {
    if (!answer) return call.refuse(answer.error());
    call.answer(200, *answer);
  });
}

void Call::refuse(const Error& error) const {
  reply_(problem(shown(error, request_->path, *log_)));
}

void Api::route(const std::string& method, const std::string& pattern, ApiHandler handler) {
  methods_[pattern].insert(method);
  server_.route(method, pattern,
                [this, handler = std::move(handler)](const HttpRequest& request, const HttpReply& reply) {
                  serve(handler, request, reply);
                });
}

void Api::open_route(const std::string& method, const std::string& pattern, ApiHandler handler) {
  methods_[pattern].insert(method);
  server_.route(method, pattern,
                [this, handler = std::move(handler)](const HttpRequest& request, const HttpReply& reply) {
                  run(handler, Call(std::make_shared<const HttpRequest>(request), {}, reply, log_), reply);
                });
}

void Api::serve(const ApiHandler& handler, const HttpRequest& request, const HttpReply& reply) const {
  const auto kept = std::make_shared<const HttpRequest>(request);
  identity_.by_request(*kept, [this, kept, handler, reply](Result<Caller> caller) {
    if (!caller) return reply(problem(shown(caller.error(), kept->path, log_)));
    run(handler, Call(kept, std::move(*caller), reply, log_), reply);
  });
}

void Api::run(const ApiHandler& handler, const Call& call, const HttpReply& reply) const {
  try {
    handler(call);
  } catch (const std::exception& error) {
    reply(problem(shown({ErrorKind::internal, error.what()}, call.request().path, log_)));
  }
}

void Api::finish() {
  for (const auto& [pattern, known] : methods_) {
    std::string allow;
    for (const std::string& method : known) {
      allow += (allow.empty() ? "" : ", ") + method + (method == "GET" ? ", HEAD" : "");
    }
    server_.route("*", pattern, [allow](const HttpRequest&, const HttpReply& reply) {
      HttpResponse refused = problem_of(405, {ErrorKind::invalid, "This path knows " + allow});
      refused.headers.emplace_back("Allow", allow);
      reply(std::move(refused));
    });
  }
  for (const char* rest : {"/v1/*", "/auth/*"}) {
    server_.route("*", rest, [](const HttpRequest&, const HttpReply& reply) {
      reply(problem({ErrorKind::not_found, "There is nothing at this path"}));
    });
  }
}

}  // namespace belfry::apps
