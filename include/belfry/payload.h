// What is sent: the arguments of an event or an acknowledgement, as JSON with binary data beside it.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "belfry/args.h"
#include "belfry/describe.h"
#include "belfry/value.h"

namespace belfry {

/// A JSON array as text; where a value was binary there is a placeholder, and its bytes are in `attachments`
/// (socket.io-protocol, "Sending binary"). Built by `make_payload`.
struct Payload {
  std::string json;
  std::vector<std::string> attachments;
};

/// JSON text that is passed on unread. The caller vouches for it.
struct RawJson {
  std::string_view text;
};

/// Appends arguments to a payload.
class PayloadWriter {
 public:
  explicit PayloadWriter(Payload& payload) : payload_(payload) { payload_.json += '['; }
  void finish() { payload_.json += ']'; }

  void add(std::string_view text);
  void add(const char* text) { add(std::string_view(text)); }
  void add(const std::string& text) { add(std::string_view(text)); }
  void add(bool value) { next() += value ? "true" : "false"; }
  void add(std::nullptr_t) { next() += "null"; }
  void add(double value);
  void add(const Value& value);
  void add(RawJson raw) { next() += raw.text; }
  /// All of them, one after the other.
  void add(const Args& args);
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  void add(T value) {
    next() += std::to_string(value);
  }
  template <class T>
    requires(DescribedStruct<T> || detail::kIsVector<T> || detail::kIsMap<T> || detail::kIsOptional<T>)
  void add(const T& value) {
    add(to_value(value));
  }

 private:
  std::string& next() {
    if (payload_.json.size() > 1) payload_.json += ',';
    return payload_.json;
  }

  Payload& payload_;
};

/// The arguments in order: strings, numbers, booleans, `Value`, `Binary`, described structs, vectors of
/// these, `RawJson`, or an `Args` as it came.
template <class... T>
Payload make_payload(const T&... args) {
  Payload payload;
  PayloadWriter writer(payload);
  (writer.add(args), ...);
  writer.finish();
  return payload;
}

}  // namespace belfry
