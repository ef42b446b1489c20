#include "redis/slots.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace belfry::redis {

namespace {

/// Where keys stand that are not the first argument.
enum class KeyAt : std::uint8_t { none, second, counted_first, counted_second, behind_streams };

// Commands that are used with a cluster and take no key in front.
constexpr std::array kKeys = {
    std::pair{std::string_view("AUTH"), KeyAt::none},
    std::pair{std::string_view("BITOP"), KeyAt::second},
    std::pair{std::string_view("BLMPOP"), KeyAt::counted_second},
    std::pair{std::string_view("BZMPOP"), KeyAt::counted_second},
    std::pair{std::string_view("CLIENT"), KeyAt::none},
    std::pair{std::string_view("CLUSTER"), KeyAt::none},
    std::pair{std::string_view("COMMAND"), KeyAt::none},
    std::pair{std::string_view("CONFIG"), KeyAt::none},
    std::pair{std::string_view("DBSIZE"), KeyAt::none},
    std::pair{std::string_view("ECHO"), KeyAt::none},
    std::pair{std::string_view("EVAL"), KeyAt::counted_second},
    std::pair{std::string_view("EVALSHA"), KeyAt::counted_second},
    std::pair{std::string_view("EVALSHA_RO"), KeyAt::counted_second},
    std::pair{std::string_view("EVAL_RO"), KeyAt::counted_second},
    std::pair{std::string_view("FCALL"), KeyAt::counted_second},
    std::pair{std::string_view("FCALL_RO"), KeyAt::counted_second},
    std::pair{std::string_view("FUNCTION"), KeyAt::none},
    std::pair{std::string_view("INFO"), KeyAt::none},
    std::pair{std::string_view("KEYS"), KeyAt::none},
    std::pair{std::string_view("LMPOP"), KeyAt::counted_first},
    std::pair{std::string_view("MEMORY"), KeyAt::second},
    std::pair{std::string_view("OBJECT"), KeyAt::second},
    std::pair{std::string_view("PING"), KeyAt::none},
    std::pair{std::string_view("PUBSUB"), KeyAt::none},
    std::pair{std::string_view("ROLE"), KeyAt::none},
    std::pair{std::string_view("SCAN"), KeyAt::none},
    std::pair{std::string_view("SCRIPT"), KeyAt::none},
    std::pair{std::string_view("SINTERCARD"), KeyAt::counted_first},
    std::pair{std::string_view("TIME"), KeyAt::none},
    std::pair{std::string_view("WAIT"), KeyAt::none},
    std::pair{std::string_view("XGROUP"), KeyAt::second},
    std::pair{std::string_view("XINFO"), KeyAt::second},
    std::pair{std::string_view("XREAD"), KeyAt::behind_streams},
    std::pair{std::string_view("XREADGROUP"), KeyAt::behind_streams},
    std::pair{std::string_view("ZDIFF"), KeyAt::counted_first},
    std::pair{std::string_view("ZINTER"), KeyAt::counted_first},
    std::pair{std::string_view("ZINTERCARD"), KeyAt::counted_first},
    std::pair{std::string_view("ZMPOP"), KeyAt::counted_first},
    std::pair{std::string_view("ZUNION"), KeyAt::counted_first},
};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// CRC-16/XMODEM, as Redis computes slots.
std::uint16_t crc16(std::string_view bytes) {
  std::uint16_t crc = 0;
  for (const char byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ (static_cast<std::uint8_t>(byte) << 8));
    for (int bit = 0; bit < 8; ++bit) {
      crc = static_cast<std::uint16_t>((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
    }
  }
  return crc;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<std::string_view> argument(const Command& command, std::size_t at) {
  if (at >= command.size()) return std::nullopt;
  return command[at];
}

}  // namespace

std::uint16_t slot_of(std::string_view key) {
  const std::size_t open = key.find('{');
  const std::size_t close = open == std::string_view::npos ? open : key.find('}', open);
  if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  return crc16(key) % kSlots;
}

std::optional<std::string_view> first_key(const Command& command) {
  if (command.empty()) return std::nullopt;
  const std::string name = upper(command[0]);
  const auto* const found =
      std::ranges::find(kKeys, std::string_view(name), &decltype(kKeys)::value_type::first);
  if (found == kKeys.end()) return argument(command, 1);
  switch (found->second) {
    case KeyAt::none:
      return std::nullopt;
    case KeyAt::second:
    case KeyAt::counted_first:
      return argument(command, 2);
    case KeyAt::counted_second:
      return command.size() > 2 && command[2] != "0" ? argument(command, 3) : std::nullopt;
    case KeyAt::behind_streams:
      break;
  }
  for (std::size_t at = 1; at < command.size(); ++at) {
    if (upper(command[at]) == "STREAMS") return argument(command, at + 1);
  }
  return std::nullopt;
}

void SlotMap::set_owner(std::uint16_t slot, const RedisAddress& master) {
  const auto found = std::ranges::find(masters, master);
  owners[slot] = static_cast<std::uint16_t>(found - masters.begin());
  if (found == masters.end()) masters.push_back(master);
}

// An array of `[first, last, [host, port, …], replicas…]`.
Result<SlotMap> read_slots(const Reply& reply, const RedisAddress& asked) {
  SlotMap out;
  out.owners.fill(SlotMap::kNobody);
  for (const Reply& range : reply.items) {
    if (range.items.size() < 3 || range.items[2].items.size() < 2) {
      return fail(ErrorKind::malformed, "Redis answered no slots");
    }
    const std::int64_t first = range.items[0].integer;
    const std::int64_t last = range.items[1].integer;
    const Reply& master = range.items[2];
    const std::int64_t port = master.items[1].integer;
    if (first < 0 || last < first || last >= static_cast<std::int64_t>(kSlots) || port < 1 || port > 65'535) {
      return fail(ErrorKind::malformed, "Redis answered no slots");
    }
    const std::string& host = master.items[0].text;
    const RedisAddress address{host.empty() || host == "?" ? asked.host : host,
                               static_cast<std::uint16_t>(port)};
    for (auto slot = first; slot <= last; ++slot) out.set_owner(static_cast<std::uint16_t>(slot), address);
  }
  if (out.masters.empty()) return fail(ErrorKind::unavailable, "the cluster has no slots");
  return out;
}

// `MOVED <slot> <host>:<port>`, `ASK …`; the host may be empty, and may be an IPv6 address.
std::optional<Redirection> redirection_of(const Reply& reply, const RedisAddress& from) {
  if (!reply.is_error()) return std::nullopt;
  std::string_view text = reply.text;
  const auto take = [&](char mark) {
    const std::size_t at = text.find(mark);
    const std::string_view word = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return word;
  };
  Redirection out;
  const std::string_view kind = take(' ');
  if (kind != "MOVED" && kind != "ASK") return std::nullopt;
  out.once = kind == "ASK";
  if (!read_number(take(' '), out.slot) || out.slot >= kSlots) return std::nullopt;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !read_number(text.substr(colon + 1), out.to.port))
    return std::nullopt;
  out.to.host = colon == 0 ? from.host : std::string(text.substr(0, colon));
  return out;
}

}  // namespace belfry::redis
