// HTTP requests, pipelined, in any segmentation: the same bytes mean the same requests however they are cut.
#include "fuzz/fuzz.h"
#include "http/reader.h"

namespace belfry {
namespace {

constexpr http::Limits kLimits{.header_bytes = 2048, .body_bytes = 512};

struct Seen {
  std::vector<http::Request> requests;
  int error_status = 0;
  bool in_head = false;  // of a request that is incomplete
};

void look_at(const http::Request& request) {
  using fuzz::check;
  check(request.body.size() <= kLimits.body_bytes, "a body stays within its bound");
  check(request.version == 10 || request.version == 11, "the version is one that is spoken");
  check(!request.path().empty(), "a path is never empty");
  std::size_t bytes = request.method.size() + request.target.size();
  for (const auto& header : request.headers) {
    bytes += header.name.size() + header.value.size();
    check(header.name == http::lower_case(header.name), "names are in lower case");
    check(header.value.find_first_of(std::string_view("\r\n\0", 3)) == header.value.npos,
          "values are one line");
  }
  check(bytes <= kLimits.header_bytes + request.headers.size() * 2, "a head stays within its bound");
  check(request.version == 10 || request.headers.has("host"), "there is a Host");
  check(!(request.headers.has("content-length") && request.headers.has("transfer-encoding")),
        "a body has one length");
  static_cast<void>(request.query());
  static_cast<void>(request.upgrade());
}

Seen read(const std::vector<std::string_view>& pieces) {
  Seen seen;
  http::Reader reader(kLimits);
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const http::Step step = reader.feed(piece);
      fuzz::check(step.consumed <= piece.size(), "no more is consumed than came");
      piece.remove_prefix(step.consumed);
      if (reader.head_ready()) static_cast<void>(reader.head().path());
      static_cast<void>(reader.expects_continue());
      if (step.outcome == http::Outcome::error) {
        seen.error_status = reader.error_status();
        fuzz::check(seen.error_status >= 400 && seen.error_status < 600, "an error has a status");
        return seen;
      }
      if (step.outcome == http::Outcome::need_more) {
        fuzz::check(piece.empty(), "what asks for more has taken all");
        break;
      }
      seen.requests.push_back(reader.take());
      fuzz::check(reader.idle(), "a request that was taken leaves nothing");
      look_at(seen.requests.back());
    }
  }
  seen.in_head = !reader.idle() && !reader.head_ready();
  return seen;
}

bool same(const http::Request& a, const http::Request& b) {
  return a.method == b.method && a.target == b.target && a.version == b.version && a.body == b.body &&
         a.keep_alive == b.keep_alive &&
         std::equal(a.headers.begin(), a.headers.end(), b.headers.begin(), b.headers.end());
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  const auto sizes = input.ConsumeBytes<std::uint8_t>(input.ConsumeIntegralInRange<std::size_t>(0, 3));
  const std::string bytes = input.ConsumeRemainingBytesAsString();
  const Seen whole = read({bytes});
  const Seen cut = read(fuzz::cut(bytes, sizes));
  fuzz::check(whole.error_status != 0 || cut.error_status == 0, "a cut makes no fault");
  // A head is looked at again only when it is complete; which of several faults is told depends on what has
  // come.
  fuzz::check(whole.error_status == 0 || cut.error_status != 0 || cut.in_head, "a cut hides no fault");
  fuzz::check(whole.requests.size() == cut.requests.size(), "a cut makes no request and hides none");
  for (std::size_t i = 0; i < whole.requests.size(); ++i) {
    fuzz::check(same(whole.requests[i], cut.requests[i]), "a cut changes no request");
  }
  return 0;
}
