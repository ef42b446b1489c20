// Polling by scripts and forms: a payload comes back out of the form that holds it, and a script is nothing
// but its call.
#include "net/jsonp.h"

#include "belfry/value.h"
#include "fuzz/fuzz.h"

namespace belfry {
namespace {

using fuzz::check;

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

/// As a browser sends the form of engine.io-client 3.
std::string form_of(std::string payload) {
  replace_all(payload, "\\n", "\\\n");
  replace_all(payload, "\n", "\\n");
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string form = "d=";
  for (const char c : payload) {
    const auto byte = static_cast<unsigned char>(c);
    form += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return form;
}

void look_at_script(std::string_view index, std::string_view payload) {
  const std::string script = net::to_jsonp(index, payload);
  const std::string head = "___eio[" + std::string(index) + "](";
  check(script.starts_with(head) && script.ends_with(");"), "a script is a call");
  for (const char c : script) check(c >= ' ' && c <= '~', "of ASCII");
  const auto text =
      Value::parse(std::string_view(script).substr(head.size(), script.size() - head.size() - 2), nullptr,
                   /*allow_exceptions=*/false);
  check(text.is_string(), "with a text");
  const std::string strict = Value(payload).dump(-1, ' ', true, Value::error_handler_t::ignore);
  if (Value::parse(strict).get<std::string>() == payload) check(text == payload, "that is the payload");
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  const std::string text(fuzz::text_of(data, size));
  const std::string payload = net::from_jsonp(text);
  fuzz::check(payload.size() <= text.size(), "a payload is no larger than its form");
  const auto index = net::jsonp_index({.target = "/?" + text});
  for (const char c : index.value_or("")) fuzz::check(c >= '0' && c <= '9', "an index is digits");
  look_at_script(index.value_or("0"), text);
  // A line break behind a backslash looks like a text that the client has escaped.
  if (text.find("\\\n") == text.npos)
    fuzz::check(net::from_jsonp(form_of(text)) == text, "a form holds its payload");
  return 0;
}
