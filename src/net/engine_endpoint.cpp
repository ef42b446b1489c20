#include "net/engine_endpoint.h"

#include <algorithm>

#include "belfry/value.h"
#include "core/ids.h"
#include "http/compress.h"
#include "http/query.h"
#include "net/jsonp.h"
#include "net/shard_io.h"

namespace belfry::net {

namespace {

using engineio::Transport;

// Behind the refusals of the protocol.
constexpr std::size_t kBusy = 6;
constexpr std::size_t kTooMany = 7;
constexpr std::size_t kTooOften = 8;

constexpr std::string_view kBytesType = "application/octet-stream";

bool speaks_v4(const http::Request& request) {
  return http::query_value(request.query(), "EIO") == "4";
}

bool wants_base64(const http::Request& request) {
  return !http::query_value(request.query(), "b64").value_or("").empty();
}

}  // namespace

std::string_view message_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::unknown_transport:
      return "Transport unknown";
    case Refusal::unknown_sid:
      return "Session ID unknown";
    case Refusal::bad_method:
      return "Bad handshake method";
    case Refusal::bad_request:
      return "Bad request";
    case Refusal::forbidden:
      return "Forbidden";
    case Refusal::unsupported_version:
      return "Unsupported protocol version";
  }
  return "Bad request";
}

EngineEndpoint::EngineEndpoint(ShardIo& io, std::string path, const engineio::Options& options,
                               std::optional<http::CorsPolicy> cors, bool compress,
                               engineio::Engine::OpenHandler on_open)
    : io_(io),
      path_(std::move(path)),
      cors_(std::move(cors)),
      compress_(compress),
      engine_(
          options, static_cast<std::uint8_t>(io.shard().index()), [&io] { return io.shard().now(); },
          std::move(on_open)) {
  io_.before_flush([this] {
    engine_.flush();
    arm();
  });
}

void EngineEndpoint::arm() {
  const auto next = engine_.next_deadline();
  if (next == armed_) return;
  armed_ = next;
  timer_ = {};
  if (!next) return;
  timer_ = io_.shard().at(*next, [this] {
    armed_.reset();
    engine_.tick();
  });
}

bool EngineEndpoint::serves(std::string_view path) const {
  return path.starts_with(path_) && std::ranges::find(left_, path) == left_.end();
}

std::optional<std::string> EngineEndpoint::cookie(std::string_view sid) const {
  return cookie_ ? http::set_cookie(cookie_name_, sid, *cookie_) : std::nullopt;
}

int EngineEndpoint::shard_of(const http::Request& request) {
  const auto sid = http::query_value(request.query(), "sid");
  return sid ? shard_of_sid(*sid) : -1;
}

bool EngineEndpoint::is_bytes(const http::Request& request) {
  return request.headers.find("content-type") == kBytesType;
}

// The order of the checks is that of the original: transport, session, method, version.
EngineEndpoint::Plan EngineEndpoint::plan(const http::Request& request) {
  const auto transport = http::query_value(request.query(), "transport").value_or("");
  const bool websocket = transport == "websocket";
  if (!(websocket && engine_.options().websocket) && !(transport == "polling" && engine_.options().polling)) {
    return {Refusal::unknown_transport};
  }
  const bool upgrade = request.upgrade();
  if (const auto sid = http::query_value(request.query(), "sid"); sid && !sid->empty()) {
    engineio::Session* session = engine_.find(*sid);
    if (session == nullptr) return {Refusal::unknown_sid};
    const bool polls = session->transport() == Transport::polling;
    if (upgrade ? !websocket : (websocket || !polls)) return {Refusal::bad_request};
    return {std::nullopt, session, upgrade, {session->dialect().v3, wants_base64(request)}};
  }
  if (request.method != "GET") return {Refusal::bad_method};
  if (websocket != upgrade) return {Refusal::bad_request};
  const auto spoken = dialect(request);
  if (!spoken) return {Refusal::unsupported_version};
  return {std::nullopt, nullptr, websocket, *spoken};
}

// Any version but 4 is taken for 3, as the original does.
std::optional<engineio::Dialect> EngineEndpoint::dialect(const http::Request& request) const {
  if (speaks_v4(request)) return engineio::Dialect{};
  if (!engine_.options().allow_eio3) return std::nullopt;
  return engineio::Dialect{.v3 = true, .base64 = wants_base64(request) || jsonp(request)};
}

std::optional<std::string> EngineEndpoint::jsonp(const http::Request& request) const {
  return engine_.options().allow_eio3 && !speaks_v4(request) ? jsonp_index(request) : std::nullopt;
}

void EngineEndpoint::post(engineio::Session& session, engineio::PollPort& port,
                          const http::Request& request) const {
  if (jsonp(request)) return session.on_post_body(port, from_jsonp(request.body));
  session.on_post_body(port, request.body, is_bytes(request));
}

http::Response EngineEndpoint::refuse(const http::Request& request, Refusal refusal,
                                      std::string_view message) {
  refused_[static_cast<std::size_t>(refusal)].add(1);
  const Value body{{"code", static_cast<int>(refusal)},
                   {"message", message.empty() ? message_of(refusal) : message}};
  const int status = refusal == Refusal::forbidden ? 403 : 400;
  return with_cors(request, http::json(status, body.dump(-1, ' ', false, Value::error_handler_t::replace)));
}

http::Response EngineEndpoint::refuse_busy(const http::Request& request) {
  refused_[kBusy].add(1);
  return with_cors(request, http::text(503, "Service Unavailable"));
}

http::Response EngineEndpoint::refuse_address(const http::Request& request,
                                              const AddressTable::Answer& answer) {
  const bool often = answer.verdict == AddressTable::Verdict::too_often;
  refused_[often ? kTooOften : kTooMany].add(1);
  auto response = http::text(429, "Too Many Requests");
  if (often) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(answer.retry_after);
    response.set("Retry-After", std::to_string(wait.count()));
  }
  return with_cors(request, std::move(response));
}

std::string_view EngineEndpoint::refusal_name(std::size_t index) {
  constexpr std::array<std::string_view, std::tuple_size_v<Refused>> kNames = {
      "unknown transport",   "unknown sid", "bad method",        "bad request",         "forbidden",
      "unsupported version", "busy",        "too many sessions", "handshakes too often"};
  return kNames[index];
}

http::Response EngineEndpoint::respond(const http::Request& request, engineio::Answer answer) {
  using Kind = engineio::Answer::Kind;
  if (answer.kind == Kind::refused) return refuse(request, Refusal::bad_request);
  http::Response response;
  const std::string_view payload_type = answer.binary ? kBytesType : "text/plain; charset=UTF-8";
  response.set("Content-Type", std::string(answer.kind == Kind::ok ? "text/html" : payload_type));
  response.set("Cache-Control", "no-store");
  if (const auto value = answer.opened.empty() ? std::nullopt : cookie(answer.opened)) {
    response.set("Set-Cookie", *value);
  }
  response.body = answer.kind == Kind::ok ? "ok" : std::move(answer.body);
  if (const auto index = jsonp(request); index && answer.kind == Kind::payload) {
    response.set("Content-Type", "text/javascript; charset=UTF-8");
    response.body = to_jsonp(*index, response.body);
  }
  if (compress_ && answer.compress) http::compress_body(response, request.headers.find("accept-encoding"));
  return with_cors(request, std::move(response));
}

http::Response EngineEndpoint::with_cors(const http::Request& request, http::Response response) const {
  if (cors_) http::add_cors_headers(*cors_, request, request.own_origin(), response);
  return response;
}

http::Response EngineEndpoint::preflight(const http::Request& request) {
  if (!cors_) return refuse(request, Refusal::bad_method);
  return http::answer_preflight(*cors_, request, request.own_origin());
}

std::shared_ptr<const engineio::Handshake> EngineEndpoint::handshake(const http::Request& request,
                                                                     std::string_view address) const {
  engineio::Handshake::Pairs headers;
  // Any page may load a script, whose answers it can read: the cookies that come along say nothing about who
  // asks.
  const bool is_script = jsonp(request).has_value();
  for (const auto& header : request.headers) {
    if (!is_script || header.name != "cookie") headers.emplace_back(header.name, header.value);
  }
  const std::string_view origin = request.headers.find("origin");
  const bool allowed =
      !origin.empty() && cors_.value_or(http::CorsPolicy{}).allows(origin, request.own_origin());
  return std::make_shared<const engineio::Handshake>(request.target, address, request.secure, wall_now_ms(),
                                                     headers, allowed);
}

}  // namespace belfry::net
