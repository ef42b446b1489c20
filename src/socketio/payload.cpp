#include "belfry/payload.h"

#include "core/json.h"

namespace belfry {

namespace {

// Takes the binary data out of `value` and leaves placeholders, in the order of the text.
void extract_binary(Value& value, std::vector<std::string>& attachments) {
  if (value.is_binary()) {
    const auto& bytes = value.get_binary();
    attachments.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    value = {{"_placeholder", true}, {"num", attachments.size() - 1}};
  } else if (value.is_structured()) {
    for (Value& item : value) extract_binary(item, attachments);
  }
}

std::string dump(const Value& value) {
  return value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' ||
        static_cast<unsigned char>(c) >= 0x80) {
      return false;
    }
  }
  return true;
}

}  // namespace

void PayloadWriter::add(std::string_view text) {
  if (is_plain(text)) {
    next().append("\"").append(text).append("\"");
  } else {
    next() += dump(Value(text));
  }
}

void PayloadWriter::add(double value) {
  next() += dump(Value(value));
}

void PayloadWriter::add(const Value& value) {
  if (!has_binary(value)) {
    next() += dump(value);
    return;
  }
  Value copy = value;
  extract_binary(copy, payload_.attachments);
  next() += dump(copy);
}

void PayloadWriter::add(const Args& args) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args.is_text()) {
      add(RawJson{args.json(i)});
    } else {
      add(args.at(i));
    }
  }
}

}  // namespace belfry
