// What servers of a cluster bring each other: the heads of answers, for whom a request comes, and where peers
// are.
#include "http/forwarding.h"

#include <regex>

#include "core/ids.h"
#include "fuzz/fuzz.h"
#include "net/forward_seal.h"
#include "net/peers.h"

namespace belfry {
namespace {

void check_head(const std::string& text) {
  if (const auto head = http::read_forwarded_head(text + "\r\n\r\n")) {
    const std::string written = http::serialize_head(*head, true, 11);
    const auto again = http::read_forwarded_head(written);
    fuzz::check(again.has_value(), "what is written can be read");
    fuzz::check(again->status == head->status && again->content_length == head->content_length,
                "as the same");
    fuzz::check(again->headers.size() <= head->headers.size(), "with no field more");
    fuzz::check(http::serialize_head(*again, true, 11) == written, "and is written as the same");
    fuzz::check(written.find("\r\n\r\n") == written.size() - 4, "a head ends once");
  }
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  const std::string text(fuzz::text_of(data, size));

  // As it is, and with the ends of lines that a head has.
  check_head(text);
  check_head(std::regex_replace(text, std::regex("\n"), "\r\n"));

  constexpr std::string_view kSecret = "a secret of the cluster";
  fuzz::check(!net::open_forward(kSecret, "GET", "/", text), "nothing is forged");
  const net::ForwardedFor client{text, true};
  fuzz::check(
      net::open_forward(kSecret, "GET", "/", net::seal_forward(kSecret, "GET", "/", client)) == client,
      "what was sealed is opened");

  if (const auto where = net::read_peer_address(text)) {
    fuzz::check(!where->host.empty() && where->port >= 0 && where->port <= 65'535, "a host and a port");
  }
  fuzz::check(node_of_sid(text).empty() || is_node_tag(node_of_sid(text)), "a node is a tag");
  return 0;
}
