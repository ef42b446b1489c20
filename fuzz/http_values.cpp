// What stands in heads: queries, cookies, Accept-Encoding, CORS, paths of routes.
#include "fuzz/fuzz.h"
#include "http/compress.h"
#include "http/cookies.h"
#include "http/cors.h"
#include "http/query.h"
#include "http/response.h"
#include "http/router.h"

namespace belfry {
namespace {

using fuzz::check;

void read_query(std::string_view query) {
  const auto all = http::parse_query(query);
  for (const auto& [name, value] : all) {
    const auto first =
        std::find_if(all.begin(), all.end(), [&](const auto& pair) { return pair.first == name; });
    // An empty name is also what stands for no parameter at all.
    if (!name.empty())
      check(http::query_value(query, name) == first->second, "a value is the first of its name");
  }
  check(http::percent_decode(query).size() <= query.size(), "decoding makes nothing longer");
}

void read_cookies(std::string_view header, std::string_view name) {
  const auto value = http::cookie_value(header, name);
  check(!value || value->find(';') == value->npos, "a value ends at its semicolon");
  if (const auto set = http::set_cookie(name, header, {})) {
    check(set->find_first_of(std::string_view("\r\n\0", 3)) == set->npos, "a cookie is one line");
    check(http::cookie_value(*set, name) ==
              http::cookie_value(std::string(name) + "=" + std::string(header), name),
          "what is set is read");
  }
}

void ask_cors(std::string_view origin, std::string_view own, bool any, bool local) {
  http::CorsPolicy policy{.any = any, .origins = {"https://app.example.org"}, .localhost_any_port = local};
  http::Request request{.method = "OPTIONS"};
  request.headers.add("origin", origin);
  request.headers.add("access-control-request-method", "POST");
  const http::Response answer = http::answer_preflight(policy, request, own);
  const bool allowed = !origin.empty() && policy.allows(origin, own);
  check(answer.find("access-control-allow-methods").empty() != (allowed || (any && origin.empty())),
        "only pages that may are told how");
  if (local && !any && allowed && origin != own && origin != "https://app.example.org") {
    check(origin.find("localhost") != origin.npos || origin.find("127.0.0.1") != origin.npos ||
              origin.find("[::1]") != origin.npos,
          "a local page is of this machine");
  }
}

void route(std::string_view path) {
  static const http::PathPattern kRooms("/rooms/{room}/members"), kFiles("/files/*");
  for (const auto* pattern : {&kRooms, &kFiles}) {
    const auto found = pattern->match(path);
    if (!found) continue;
    check(found->size() == 1, "each of these has one parameter");
    check(found->front().second.size() <= path.size(), "which is a part of the path");
  }
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  const bool any = input.ConsumeBool(), local = input.ConsumeBool();
  const std::string one = input.ConsumeRandomLengthString();
  const std::string two = input.ConsumeRemainingBytesAsString();
  read_query(one);
  read_cookies(one, two);
  ask_cors(one, two, any, local);
  route(one);
  static_cast<void>(http::choose_encoding(one));
  static_cast<void>(http::list_has_token(one, two));
  return 0;
}
