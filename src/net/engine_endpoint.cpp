#include "net/engine_endpoint.h"

#include <fmt/format.h>

#include "core/ids.h"
#include "http/compress.h"
#include "http/query.h"
#include "net/shard_io.h"

namespace belfry::net {

namespace {

using engineio::Transport;

// Behind the refusals of the protocol.
constexpr std::size_t kBusy = 6;
constexpr std::size_t kTooMany = 7;
constexpr std::size_t kTooOften = 8;

std::string own_origin(const http::Request& request) {
  return "http://" + std::string(request.headers.find("host"));
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
  return path.starts_with(path_);
}

int EngineEndpoint::shard_of(const http::Request& request) {
  const auto sid = http::query_value(request.query(), "sid");
  return sid ? shard_of_sid(*sid) : -1;
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
    return {std::nullopt, session, upgrade};
  }
  if (request.method != "GET") return {Refusal::bad_method};
  if (websocket != upgrade) return {Refusal::bad_request};
  if (http::query_value(request.query(), "EIO") != "4") return {Refusal::unsupported_version};
  return {std::nullopt, nullptr, websocket};
}

http::Response EngineEndpoint::refuse(const http::Request& request, Refusal refusal) {
  refused_[static_cast<std::size_t>(refusal)].add(1);
  return with_cors(request, http::json(400, fmt::format(R"({{"code":{},"message":"{}"}})",
                                                        static_cast<int>(refusal), message_of(refusal))));
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
      "unknown transport",   "unknown sid", "bad method",        "bad request",         "",
      "unsupported version", "busy",        "too many sessions", "handshakes too often"};
  return kNames[index];
}

http::Response EngineEndpoint::respond(const http::Request& request, engineio::Answer answer) {
  using Kind = engineio::Answer::Kind;
  if (answer.kind == Kind::refused) return refuse(request, Refusal::bad_request);
  http::Response response;
  response.set("Content-Type", answer.kind == Kind::ok ? "text/html" : "text/plain; charset=UTF-8");
  response.set("Cache-Control", "no-store");
  response.body = answer.kind == Kind::ok ? "ok" : std::move(answer.body);
  if (compress_ && answer.compress) http::compress_body(response, request.headers.find("accept-encoding"));
  return with_cors(request, std::move(response));
}

http::Response EngineEndpoint::with_cors(const http::Request& request, http::Response response) const {
  if (cors_) http::add_cors_headers(*cors_, request, own_origin(request), response);
  return response;
}

http::Response EngineEndpoint::preflight(const http::Request& request) {
  if (!cors_) return refuse(request, Refusal::bad_method);
  return http::answer_preflight(*cors_, request, own_origin(request));
}

std::shared_ptr<const engineio::Handshake> EngineEndpoint::handshake(const http::Request& request,
                                                                     std::string_view address) const {
  engineio::Handshake::Pairs headers;
  for (const auto& header : request.headers) headers.emplace_back(header.name, header.value);
  const std::string_view origin = request.headers.find("origin");
  const bool allowed =
      !origin.empty() && cors_.value_or(http::CorsPolicy{}).allows(origin, own_origin(request));
  return std::make_shared<const engineio::Handshake>(request.target, address, false, wall_now_ms(), headers,
                                                     allowed);
}

}  // namespace belfry::net
