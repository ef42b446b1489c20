// What REST routes read beside JSON: documents, cursors, ids, and where a client is behind proxies.
#include "apps/common/client_address.h"
#include "apps/common/json.h"
#include "apps/groups/ids.h"
#include "fuzz/fuzz.h"
#include "services/conversations/conversations.h"

namespace belfry {
namespace {

using fuzz::check;

void read_document(std::string_view text) {
  const auto value = parse_json(text);
  if (!value) return check(value.error().kind == ErrorKind::malformed, "what is no JSON is malformed");
  const auto again = parse_json(value->dump());
  check(again && *again == *value, "what was written reads as the same");
  check(apps::document_bytes(*value) == value->dump().size(), "a document is as large as its text");
  if (const auto id = groups::read_id("id", *value)) {
    check(groups::read_id("id", groups::id_json(*id)) == *id, "an id is written as the same");
  }
}

void read_places(std::string_view text) {
  if (const auto seq = conversations::read_cursor(text)) {
    check(*seq >= 0, "a cursor is a place");
    check(conversations::read_cursor(std::to_string(*seq)) == *seq, "a cursor is written as the same");
  }
  check(!apps::check_cursor(text) || text.find_first_of("'\"; %") == text.npos, "a cursor is an id");
  static_cast<void>(apps::check_user_id("id", text));
  static_cast<void>(apps::check_text("text", text, 10));
}

void find_client(const std::string& peer, std::string_view forwarded, const std::string& network) {
  static const auto kTrusted = apps::TrustedProxies::parse({"10.0.0.0/8", "fd00::/8"});
  const std::string client = kTrusted->client_of(peer, forwarded);
  if (!kTrusted->contains(peer)) check(client == peer, "whom nobody trusts speaks for themselves");
  check(peer.empty() || !client.empty(), "a client is somewhere");
  const auto behind = kTrusted->client_of("10.0.0.1", forwarded);
  check(behind.find_first_of(" \t,") == behind.npos, "an address is one");
  if (const auto trusted = apps::TrustedProxies::parse({network})) static_cast<void>(trusted->contains(peer));
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  const std::string one = input.ConsumeRandomLengthString();
  const std::string two = input.ConsumeRandomLengthString();
  read_document(one);
  read_places(one);
  find_client(one, two, input.ConsumeRemainingBytesAsString());
  return 0;
}
