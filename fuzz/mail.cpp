// Mail addresses, and the text of mails: nothing in a field breaks out of its place.
#include "fuzz/fuzz.h"
#include "smtp/address.h"
#include "smtp/message.h"

namespace belfry {
namespace {

using fuzz::check;

void look_at(const std::string& mail) {
  std::size_t begin = 0;
  while (begin < mail.size()) {
    const std::size_t end = mail.find("\r\n", begin);
    check(end != mail.npos, "every line has an end");
    const std::string_view line = std::string_view(mail).substr(begin, end - begin);
    check(line.size() <= 998, "no line is too long");
    check(line != ".", "no line ends the mail");
    for (const char c : line) check((c >= ' ' && c <= '~') || c == '\t', "lines are printable ASCII");
    begin = end + 2;
  }
}

std::size_t headers_of(const std::string& mail) {
  const std::string head = mail.substr(0, mail.find("\r\n\r\n") + 2);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = head.find("\r\n", at)) != head.npos; at += 2) {
    count += at + 2 == head.size() || head[at + 2] != ' ' ? 1u : 0u;
  }
  return count;
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  const std::string text = input.ConsumeRandomLengthString();
  const auto from = smtp::parse_mailbox(text);
  if (from)
    fuzz::check(smtp::is_address(from->address) && !from->domain().empty(), "who is read can get mail");
  if (smtp::is_address(text)) {
    const auto alone = smtp::parse_mailbox(text);
    fuzz::check(alone && alone->address == text && alone->name.empty(), "an address is a mailbox");
  }
  smtp::Message message;
  message.id = "1@example.org";
  message.from = {.name = text, .address = "a@example.org"};
  message.to = "b@example.org";
  if (from) message.from = *from;
  const bool html = input.ConsumeBool(), link = input.ConsumeBool();
  message.date = input.ConsumeIntegralInRange<WallMs>(0, 253'402'300'799'999);
  smtp::Message plain = message;
  if (link) plain.unsubscribe_url = "https://example.org/";
  if (html) plain.html = "x";
  message.subject = input.ConsumeRandomLengthString();
  if (link) message.unsubscribe_url = "https://example.org/" + input.ConsumeRandomLengthString(250);
  message.text = input.ConsumeRandomLengthString();
  if (html) message.html = "x" + input.ConsumeRemainingBytesAsString();
  const std::string mail = smtp::compose(message);
  look_at(mail);
  fuzz::check(headers_of(mail) == headers_of(smtp::compose(plain)), "no field makes another header");
  return 0;
}
