#include "websocket/handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace belfry::websocket {
namespace {

constexpr std::string_view kProtocolGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

bool is_base64_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

std::string accept_key(std::string_view sec_websocket_key) {
  std::string input(sec_websocket_key);
  input += kProtocolGuid;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned digest_size = 0;
  if (EVP_Digest(input.data(), input.size(), digest.data(), &digest_size, EVP_sha1(), nullptr) != 1)
    return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE * 2> text;
  const int text_size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest_size));
  return {text.begin(), text.begin() + text_size};
}

bool valid_key(std::string_view sec_websocket_key) {
  constexpr std::size_t kDigits = 22;
  return sec_websocket_key.size() == kDigits + 2 && sec_websocket_key.ends_with("==") &&
         std::ranges::all_of(sec_websocket_key.substr(0, kDigits), is_base64_digit);
}

}  // namespace belfry::websocket
