// The header of a proxy in any segmentation: a cut changes nothing, and takes nothing of what follows.
#include "net/proxy_header.h"

#include "fuzz/fuzz.h"

namespace belfry {
namespace {

using fuzz::check;
using net::ProxyHeader;

struct Read {
  ProxyHeader::Outcome outcome = ProxyHeader::Outcome::more;
  std::size_t consumed = 0;
  std::string address;
  std::string_view failure;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view bytes, const std::vector<std::uint8_t>& sizes) {
  ProxyHeader header;
  Read all;
  for (const std::string_view piece : fuzz::cut(bytes, sizes)) {
    const std::string own(piece);
    std::size_t consumed = 0;
    all.outcome = header.feed(own, consumed);
    check(consumed <= own.size(), "it takes what there is");
    all.consumed += consumed;
    if (all.outcome != ProxyHeader::Outcome::more) break;
    check(consumed == own.size(), "who wants more has taken all");
  }
  all.address = header.address();
  if (all.outcome == ProxyHeader::Outcome::failed) all.failure = text_of(header.failure());
  return all;
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  using net::ProxyHeader;
  FuzzedDataProvider input(data, size);
  const auto sizes = input.ConsumeBytes<std::uint8_t>(input.ConsumeIntegralInRange<std::size_t>(0, 3));
  const std::string bytes = input.ConsumeRemainingBytesAsString();
  const Read whole = read(bytes, {});
  fuzz::check(whole == read(bytes, sizes), "a cut changes nothing");
  fuzz::check(whole == read(bytes, {0}), "nor do single bytes");
  fuzz::check(whole.consumed <= 16 + ProxyHeader::kMaxBinaryBytes, "a header is bounded");
  fuzz::check(whole.address.size() <= 45, "an address is one of IP");
  if (whole.outcome != ProxyHeader::Outcome::done) {
    return fuzz::check(whole.address.empty(), "only a whole header names somebody"), 0;
  }
  const Read alone = read(std::string_view(bytes).substr(0, whole.consumed), {});
  fuzz::check(whole == alone, "what follows is of no account");
  return 0;
}
