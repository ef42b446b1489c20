#include "auth/jwt.h"

#include <algorithm>
#include <cmath>

namespace belfry::auth {

namespace {

constexpr std::size_t kUserIdMaxBytes = 255;
// Integers up to here are exact in a double, and so in every JSON that has been through one.
constexpr double kExactMax = 9007199254740992.0;

std::string decimal_text(const Value& number) {
  const double real = number.get<double>();
  if (number.is_number_float() && std::trunc(real) == real && std::abs(real) < kExactMax) {
    return std::to_string(static_cast<std::int64_t>(real));
  }
  return number.dump();
}

bool is_user_id(std::string_view id) {
  return id.size() <= kUserIdMaxBytes &&
         std::ranges::none_of(id, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// The first of the claims that may name the user; nothing where none does or what names it is no id.
std::optional<std::string> user_id_of(const Value& claims) {
  for (const char* name : {"sub", "userId", "id"}) {
    const auto claim = claims.find(name);
    if (claim == claims.end()) continue;
    std::string id;
    if (claim->is_string()) {
      id = claim->get<std::string>();
    } else if (claim->is_number()) {
      id = decimal_text(*claim);
    } else if (!claim->is_null()) {
      return std::nullopt;
    }
    if (id.empty()) continue;
    return is_user_id(id) ? std::optional(std::move(id)) : std::nullopt;
  }
  return std::nullopt;
}

std::string text_of_claim(const Value& claims, const char* name) {
  const auto claim = claims.find(name);
  return claim != claims.end() && claim->is_string() ? claim->get<std::string>() : std::string();
}

// Reads a NumericDate (seconds, maybe with a fraction). False where the claim is there and is none.
bool read_time(const Value& claims, const char* name, std::optional<WallMs>& out) {
  const auto claim = claims.find(name);
  if (claim == claims.end()) return true;
  if (!claim->is_number()) return false;
  constexpr double kFarthestMs =
      253'402'300'799'999.0;  // the last that ISO 8601 has four digits of a year for
  out = static_cast<WallMs>(std::clamp(claim->get<double>() * 1000.0, -kFarthestMs, kFarthestMs));
  return true;
}

std::optional<Claims> read_claims(std::string_view payload) {
  Claims claims;
  claims.all = Value::parse(payload, nullptr, false);
  if (!claims.all.is_object()) return std::nullopt;
  auto id = user_id_of(claims.all);
  if (!id) return std::nullopt;
  claims.user_id = std::move(*id);
  claims.role = text_of_claim(claims.all, "role");
  claims.name = text_of_claim(claims.all, "name");
  claims.email = text_of_claim(claims.all, "email");
  if (!read_time(claims.all, "exp", claims.expires_at)) return std::nullopt;
  if (!read_time(claims.all, "nbf", claims.not_before)) return std::nullopt;
  return claims;
}

bool names_audience(const Value& claims, const std::string& audience) {
  const auto claim = claims.find("aud");
  if (claim == claims.end()) return false;
  if (claim->is_array()) return std::ranges::find(*claim, Value(audience)) != claim->end();
  return *claim == audience;
}

}  // namespace

std::expected<Claims, TokenProblem> TokenVerifier::verify(std::string_view token, WallMs now) const {
  auto claims = look_at(token, now);
  if (!claims) refused_[static_cast<std::size_t>(claims.error())].add(1);
  return claims;
}

std::expected<Claims, TokenProblem> TokenVerifier::look_at(std::string_view token, WallMs now) const {
  const auto payload = open_jws(token, *keys_.get());
  if (!payload) return std::unexpected(payload.error());
  auto claims = read_claims(*payload);
  if (!claims) return std::unexpected(TokenProblem::malformed);
  if (const auto problem = check(*claims, now)) return std::unexpected(*problem);
  return std::move(*claims);
}

std::optional<TokenProblem> TokenVerifier::check(const Claims& claims, WallMs now) const {
  const WallMs leeway = milliseconds(rules_.leeway).count();
  if (claims.expires_at && now >= *claims.expires_at + leeway) return TokenProblem::expired;
  if (claims.not_before && now < *claims.not_before - leeway) return TokenProblem::not_yet_valid;
  if (!rules_.issuer.empty() && text_of_claim(claims.all, "iss") != rules_.issuer) {
    return TokenProblem::wrong_issuer;
  }
  if (!rules_.audience.empty() && !names_audience(claims.all, rules_.audience))
    return TokenProblem::wrong_audience;
  return std::nullopt;
}

std::string sign_token(const Value& claims, const HmacKey& key, Algorithm algorithm) {
  return make_jws(claims.dump(), key, algorithm);
}

}  // namespace belfry::auth
