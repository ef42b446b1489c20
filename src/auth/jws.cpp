#include "auth/jws.h"

#include <fmt/format.h>

#include <array>

#include "belfry/value.h"
#include "core/base64.h"

namespace belfry::auth {

namespace {

struct Header {
  std::string algorithm;
  std::string key_id;
};

std::optional<Header> read_header(std::string_view part) {
  const auto text = from_base64url(part);
  if (!text) return std::nullopt;
  const Value json = Value::parse(*text, nullptr, false);
  if (!json.is_object() || json.contains("crit")) return std::nullopt;
  const auto algorithm = json.find("alg");
  if (algorithm == json.end() || !algorithm->is_string()) return std::nullopt;
  Header header{algorithm->get<std::string>(), {}};
  if (const auto id = json.find("kid"); id != json.end()) {
    if (!id->is_string()) return std::nullopt;
    header.key_id = id->get<std::string>();
  }
  return header;
}

// The three parts, or nothing where there are fewer or more.
std::optional<std::array<std::string_view, 3>> split(std::string_view token) {
  const auto first = token.find('.');
  if (first == token.npos) return std::nullopt;
  const auto second = token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
  return std::array{token.substr(0, first), token.substr(first + 1, second - first - 1),
                    token.substr(second + 1)};
}

}  // namespace

std::string_view text_of(TokenProblem problem) {
  switch (problem) {
    case TokenProblem::missing:
      return "no token";
    case TokenProblem::malformed:
      return "malformed";
    case TokenProblem::algorithm:
      return "algorithm not allowed";
    case TokenProblem::unknown_key:
      return "unknown key";
    case TokenProblem::bad_signature:
      return "bad signature";
    case TokenProblem::expired:
      return "expired";
    case TokenProblem::not_yet_valid:
      return "not yet valid";
    case TokenProblem::wrong_issuer:
      return "wrong issuer";
    case TokenProblem::wrong_audience:
      return "wrong audience";
  }
  return {};
}

std::expected<std::string, TokenProblem> open_jws(std::string_view token, const KeySet& keys) {
  if (token.empty()) return std::unexpected(TokenProblem::missing);
  if (token.size() > kTokenMaxBytes) return std::unexpected(TokenProblem::malformed);
  const auto parts = split(token);
  if (!parts) return std::unexpected(TokenProblem::malformed);
  const auto header = read_header((*parts)[0]);
  auto payload = from_base64url((*parts)[1]);
  const auto signature = from_base64url((*parts)[2]);
  if (!header || !payload || !signature) return std::unexpected(TokenProblem::malformed);

  const auto algorithm = algorithm_named(header->algorithm);
  if (!algorithm || !keys.allows(*algorithm)) return std::unexpected(TokenProblem::algorithm);
  if (!keys.has(*algorithm, header->key_id)) return std::unexpected(TokenProblem::unknown_key);
  const std::string_view signed_part = token.substr(0, token.rfind('.'));
  if (!keys.verify(*algorithm, header->key_id, signed_part, *signature)) {
    return std::unexpected(TokenProblem::bad_signature);
  }
  return std::move(*payload);
}

std::string make_jws(std::string_view payload, const HmacKey& key, Algorithm algorithm) {
  std::string token = to_base64url(fmt::format(R"({{"alg":"{}","typ":"JWT"}})", name_of(algorithm)));
  token += '.';
  token += to_base64url(payload);
  const std::string signature = to_base64url(key.sign(algorithm, token));
  return token + '.' + signature;
}

std::string to_base64url(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  if (!decode_base64(text, bytes) || to_base64url(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace belfry::auth
