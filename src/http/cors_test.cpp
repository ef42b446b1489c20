#include "http/cors.h"

#include <gtest/gtest.h>

namespace belfry::http {
namespace {

Request from(std::string_view origin, std::string method = "GET") {
  Request request{.method = std::move(method)};
  if (!origin.empty()) request.headers.add("Origin", origin);
  return request;
}

TEST(Cors, KnowsWhomItAllows) {
  const CorsPolicy listed{.origins = {"https://a.example"}};
  EXPECT_TRUE(listed.allows("https://a.example", ""));
  EXPECT_TRUE(listed.allows("https://own.example", "https://own.example"));
  for (const auto* origin :
       {"http://a.example", "https://a.example:8443", "https://a.example.evil", "null", ""}) {
    EXPECT_FALSE(listed.allows(origin, "")) << origin;
  }
  EXPECT_TRUE(CorsPolicy{.any = true}.allows("null", ""));
}

TEST(Cors, KnowsLocalhost) {
  const CorsPolicy local{.localhost_any_port = true};
  for (const auto* origin :
       {"http://localhost", "http://localhost:5173", "https://127.0.0.1:1", "http://[::1]:80"}) {
    EXPECT_TRUE(local.allows(origin, "")) << origin;
  }
  for (const auto* origin : {"http://localhost.evil", "http://localhost:", "http://localhost:80.evil",
                             "ftp://localhost", "http://localhost:8x", "http://127.0.0.12"}) {
    EXPECT_FALSE(local.allows(origin, "")) << origin;
  }
  EXPECT_FALSE(CorsPolicy{}.allows("http://localhost", ""));
}

TEST(Cors, MarksResponses) {
  Response response;
  add_cors_headers({.any = true}, from("https://a.example"), "", response);
  EXPECT_EQ(response.headers, (std::vector<Header>{{"Vary", "Origin"},
                                                   {"Access-Control-Allow-Origin", "https://a.example"},
                                                   {"Access-Control-Allow-Credentials", "true"}}));
  response = {};
  add_cors_headers({.any = true}, from(""), "", response);
  EXPECT_EQ(response.find("access-control-allow-origin"), "*");
  EXPECT_EQ(response.find("access-control-allow-credentials"), "") << "browsers refuse it beside *";
  response = {};
  add_cors_headers({.any = true, .credentials = false}, from("https://a.example"), "", response);
  EXPECT_EQ(response.find("access-control-allow-credentials"), "");
  for (const auto* origin : {"", "https://evil.example"}) {
    response = {};
    add_cors_headers({.origins = {"https://a.example"}}, from(origin), "", response);
    EXPECT_EQ(response.headers, (std::vector<Header>{{"Vary", "Origin"}}));
  }
}

TEST(Cors, AnswersPreflights) {
  Request request = from("https://a.example", "OPTIONS");
  EXPECT_FALSE(is_preflight(request));
  request.headers.add("Access-Control-Request-Method", "POST");
  request.headers.add("Access-Control-Request-Headers", "content-type,x-y");
  EXPECT_TRUE(is_preflight(request));
  const Response response =
      answer_preflight({.any = true, .methods = {"GET", "POST"}, .max_age_s = 5}, request, "");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.find("access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(response.find("access-control-allow-methods"), "GET, POST");
  EXPECT_EQ(response.find("access-control-allow-headers"), "content-type,x-y");
  EXPECT_EQ(response.find("access-control-max-age"), "5");
  EXPECT_EQ(answer_preflight({}, request, "").find("access-control-allow-methods"), "");
}

}  // namespace
}  // namespace belfry::http
