#include "websocket/extension.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace belfry::websocket {

namespace {

constexpr std::string_view kName = "permessage-deflate";
constexpr int kLeastWindowBits = 8;  // that a peer may name

struct Parameter {
  std::string name;
  std::optional<std::string> value;
};

struct Offer {
  std::string name;
  std::vector<Parameter> parameters;
};

bool is_token_char(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kOthers.find(c) != std::string_view::npos;
}

// Reads the grammar of RFC 6455, 9.1, from the front of what is left.
class OfferReader {
 public:
  explicit OfferReader(std::string_view text) : rest_(text) {}

  // Nothing: it is no list of extensions.
  std::optional<std::vector<Offer>> read() {
    std::vector<Offer> offers;
    do {
      Offer offer;
      if (!token(offer.name)) return std::nullopt;
      while (take(';')) {
        Parameter parameter;
        if (!token(parameter.name)) return std::nullopt;
        if (take('=') && !value(parameter.value.emplace())) return std::nullopt;
        offer.parameters.push_back(std::move(parameter));
      }
      offers.push_back(std::move(offer));
    } while (take(','));
    skip_space();
    if (!rest_.empty()) return std::nullopt;
    return offers;
  }

 private:
  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }

  bool take(char c) {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool token(std::string& out) {
    skip_space();
    while (!rest_.empty() && is_token_char(rest_.front())) {
      out += rest_.front();
      rest_.remove_prefix(1);
    }
    return !out.empty();
  }

  // A token, or one in quotes.
  bool value(std::string& out) {
    if (!take('"')) return token(out);
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty() || !is_token_char(rest_.front())) return false;
      out += rest_.front();
      rest_.remove_prefix(1);
    }
    return take('"') && !out.empty();
  }

  std::string_view rest_;
};

std::optional<int> window_bits(const std::string& text) {
  for (int bits = kLeastWindowBits; bits <= kMaxWindowBits; ++bits) {
    if (text == std::to_string(bits)) return bits;
  }
  return std::nullopt;
}

// The parameters of one offer, each at most once.
struct Wishes {
  bool no_server_context = false;
  bool no_client_context = false;
  std::optional<int> server_bits;
  std::optional<int> client_bits;   // kMaxWindowBits where it is named without a value
  bool client_bits_named = false;   // and so the client may be told of a smaller window
  bool client_bits_valued = false;  // the client has promised them
};

bool take_flag(const Parameter& parameter, bool& flag) {
  return !parameter.value && !std::exchange(flag, true);
}

bool take_parameter(const Parameter& parameter, Wishes& wishes) {
  if (parameter.name == "server_no_context_takeover") return take_flag(parameter, wishes.no_server_context);
  if (parameter.name == "client_no_context_takeover") return take_flag(parameter, wishes.no_client_context);
  if (parameter.name == "server_max_window_bits") {
    if (wishes.server_bits || !parameter.value) return false;
    wishes.server_bits = window_bits(*parameter.value);
    return wishes.server_bits && *wishes.server_bits >= kMinWindowBits;
  }
  if (parameter.name == "client_max_window_bits") {
    if (std::exchange(wishes.client_bits_named, true)) return false;
    wishes.client_bits_valued = parameter.value.has_value();
    wishes.client_bits = parameter.value ? window_bits(*parameter.value) : kMaxWindowBits;
    return wishes.client_bits.has_value();
  }
  return false;
}

DeflateAgreement agree(const Wishes& wishes, const DeflatePolicy& policy) {
  DeflateAgreement agreed;
  agreed.server_keeps_context = policy.keep_contexts && !wishes.no_server_context;
  agreed.client_keeps_context = policy.keep_contexts && !wishes.no_client_context;
  agreed.server_window_bits =
      server_window(wishes.server_bits.value_or(policy.window_bits), policy.window_bits);
  if (wishes.client_bits_named) agreed.client_window_bits = std::min(*wishes.client_bits, policy.window_bits);

  agreed.response = kName;
  if (!agreed.server_keeps_context) agreed.response += "; server_no_context_takeover";
  if (!agreed.client_keeps_context) agreed.response += "; client_no_context_takeover";
  if (wishes.server_bits || agreed.server_window_bits < kMaxWindowBits) {
    agreed.response += "; server_max_window_bits=" + std::to_string(agreed.server_window_bits);
  }
  if (wishes.client_bits_valued || agreed.client_window_bits < kMaxWindowBits) {
    agreed.response += "; client_max_window_bits=" + std::to_string(agreed.client_window_bits);
  }
  return agreed;
}

}  // namespace

int server_window(int bits, int largest) {
  if (bits >= largest) return largest;
  for (const int window : kSmallerWindows) {
    if (window <= bits && window < largest) return window;
  }
  return kMinWindowBits;
}

std::optional<DeflateAgreement> negotiate_deflate(std::string_view offers, const DeflatePolicy& policy) {
  const auto list = OfferReader(offers).read();
  if (!list) return std::nullopt;
  for (const Offer& offer : *list) {
    Wishes wishes;
    const auto taken = [&wishes](const Parameter& parameter) { return take_parameter(parameter, wishes); };
    if (offer.name == kName && std::ranges::all_of(offer.parameters, taken)) return agree(wishes, policy);
  }
  return std::nullopt;
}

}  // namespace belfry::websocket
