#include "socketio/msgpack.h"

#include <simdjson.h>

#include <bit>
#include <cstdint>

#include "core/clock.h"

namespace belfry::socketio {

namespace {

// The years that ISO 8601 writes with four digits.
constexpr WallMs kFirstMs = -62'167'219'200'000;
constexpr WallMs kLastMs = 253'402'300'799'999;

constexpr int kOwnExtension = 0;  // of notepack.io: undefined, dates and ArrayBuffers
constexpr int kTimeExtension = -1;

// The highest byte first.
std::uint64_t number_of(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

Value time_value(WallMs time) {
  if (time < kFirstMs || time > kLastMs) return nullptr;
  return iso_time(time);
}

Value binary_value(std::string_view bytes) {
  return Value::binary(Binary(bytes.begin(), bytes.end()));
}

// `fixed`: its prefix says the length, which tells a date from an ArrayBuffer of 8 bytes.
Value own_value(std::string_view bytes, bool fixed) {
  if (fixed && bytes.size() == 1) return Value(Value::value_t::discarded);
  if (fixed && bytes.size() == 8) return time_value(std::bit_cast<WallMs>(number_of(bytes)));
  return binary_value(bytes);
}

// Of 4, 8 or 12 bytes (the MessagePack specification, "Timestamp extension type").
Value timestamp(std::string_view bytes) {
  constexpr std::uint64_t kNanosInMs = 1'000'000;
  if (bytes.size() == 4) return time_value(static_cast<WallMs>(number_of(bytes)) * 1'000);
  if (bytes.size() == 8) {
    const std::uint64_t all = number_of(bytes);
    const std::uint64_t seconds = all & ((1ull << 34) - 1);
    return time_value(static_cast<WallMs>(seconds * 1'000 + (all >> 34) / kNanosInMs));
  }
  const auto seconds = std::bit_cast<WallMs>(number_of(bytes.substr(4)));
  if (seconds < kFirstMs / 1'000 || seconds > kLastMs / 1'000) return nullptr;
  return time_value(seconds * 1'000 + static_cast<WallMs>(number_of(bytes.substr(0, 4)) / kNanosInMs));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  // Leaves `out` discarded where it is `undefined`.
  bool read(Value& out, int depth_left);

 private:
  bool read_long(std::uint8_t prefix, Value& out, int depth_left);
  bool read_number(std::uint8_t prefix, Value& out);
  bool read_text(std::size_t size, std::string& out);
  bool read_string(std::size_t size, Value& out);
  bool read_array(std::size_t count, Value& out, int depth_left);
  bool read_map(std::size_t count, Value& out, int depth_left);
  bool read_extension(std::size_t size, bool fixed, Value& out);
  bool read_key(std::string& out);
  bool take_bytes(std::size_t size, std::string_view& out);
  template <class T>
  bool take(T& out);
  // A length of 1, 2 or 4 bytes.
  bool take_length(int power, std::size_t& out);

  std::string_view rest_;
};

bool Reader::take_bytes(std::size_t size, std::string_view& out) {
  if (rest_.size() < size) return false;
  out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

template <class T>
bool Reader::take(T& out) {
  std::string_view bytes;
  if (!take_bytes(sizeof(T), bytes)) return false;
  out = static_cast<T>(number_of(bytes));
  return true;
}

bool Reader::take_length(int power, std::size_t& out) {
  std::uint8_t small = 0;
  std::uint16_t medium = 0;
  std::uint32_t large = 0;
  const bool taken = power == 0 ? take(small) : power == 1 ? take(medium) : take(large);
  out = power == 0 ? small : power == 1 ? medium : large;
  return taken;
}

bool Reader::read(Value& out, int depth_left) {
  std::uint8_t prefix = 0;
  if (!take(prefix)) return false;
  if (prefix < 0x80) {
    out = prefix;
    return true;
  }
  if (prefix < 0x90) return read_map(prefix & 0x0f, out, depth_left);
  if (prefix < 0xa0) return read_array(prefix & 0x0f, out, depth_left);
  if (prefix < 0xc0) return read_string(prefix & 0x1f, out);
  if (prefix >= 0xe0) {
    out = static_cast<std::int8_t>(prefix);
    return true;
  }
  return read_long(prefix, out, depth_left);
}

bool Reader::read_long(std::uint8_t prefix, Value& out, int depth_left) {
  std::size_t size = 0;
  switch (prefix) {
    case 0xc0:
      out = nullptr;
      return true;
    case 0xc2:
    case 0xc3:
      out = prefix == 0xc3;
      return true;
    case 0xc4:
    case 0xc5:
    case 0xc6: {
      std::string_view bytes;
      if (!take_length(prefix - 0xc4, size) || !take_bytes(size, bytes)) return false;
      out = binary_value(bytes);
      return true;
    }
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return take_length(prefix - 0xc7, size) && read_extension(size, false, out);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return read_extension(std::size_t{1} << (prefix - 0xd4), true, out);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return take_length(prefix - 0xd9, size) && read_string(size, out);
    case 0xdc:
    case 0xdd:
      return take_length(prefix - 0xdc + 1, size) && read_array(size, out, depth_left);
    case 0xde:
    case 0xdf:
      return take_length(prefix - 0xde + 1, size) && read_map(size, out, depth_left);
    default:
      return read_number(prefix, out);
  }
}

bool Reader::read_number(std::uint8_t prefix, Value& out) {
  const auto read_as = [&]<class Raw, class Number>(Raw raw, Number) {
    if (!take(raw)) return false;
    out = std::bit_cast<Number>(raw);
    return true;
  };
  switch (prefix) {
    case 0xca:
      return read_as(std::uint32_t{}, float{});
    case 0xcb:
      return read_as(std::uint64_t{}, double{});
    case 0xcc:
      return read_as(std::uint8_t{}, std::uint8_t{});
    case 0xcd:
      return read_as(std::uint16_t{}, std::uint16_t{});
    case 0xce:
      return read_as(std::uint32_t{}, std::uint32_t{});
    case 0xcf:
      return read_as(std::uint64_t{}, std::uint64_t{});
    case 0xd0:
      return read_as(std::uint8_t{}, std::int8_t{});
    case 0xd1:
      return read_as(std::uint16_t{}, std::int16_t{});
    case 0xd2:
      return read_as(std::uint32_t{}, std::int32_t{});
    case 0xd3:
      return read_as(std::uint64_t{}, std::int64_t{});
    default:
      return false;
  }
}

bool Reader::read_text(std::size_t size, std::string& out) {
  std::string_view bytes;
  if (!take_bytes(size, bytes) || !simdjson::validate_utf8(bytes.data(), bytes.size())) return false;
  out = bytes;
  return true;
}

bool Reader::read_string(std::size_t size, Value& out) {
  std::string text;
  if (!read_text(size, text)) return false;
  out = std::move(text);
  return true;
}

bool Reader::read_array(std::size_t count, Value& out, int depth_left) {
  if (depth_left == 0 || count > rest_.size()) return false;
  out = Value::array();
  for (std::size_t i = 0; i < count; ++i) {
    Value item;
    if (!read(item, depth_left - 1)) return false;
    out.push_back(item.is_discarded() ? Value() : std::move(item));
  }
  return true;
}

bool Reader::read_map(std::size_t count, Value& out, int depth_left) {
  if (depth_left == 0 || count > rest_.size() / 2) return false;
  out = Value::object();
  for (std::size_t i = 0; i < count; ++i) {
    std::string key;
    Value item;
    if (!read_key(key) || !read(item, depth_left - 1)) return false;
    if (item.is_discarded()) {
      out.erase(key);
    } else {
      out[std::move(key)] = std::move(item);
    }
  }
  return true;
}

bool Reader::read_key(std::string& out) {
  std::uint8_t prefix = 0;
  if (!take(prefix)) return false;
  std::size_t size = prefix & 0x1f;
  const bool is_long = prefix >= 0xd9 && prefix <= 0xdb;
  if (is_long ? !take_length(prefix - 0xd9, size) : (prefix & 0xe0) != 0xa0) return false;
  return read_text(size, out);
}

bool Reader::read_extension(std::size_t size, bool fixed, Value& out) {
  std::uint8_t raw_type = 0;
  std::string_view bytes;
  if (!take(raw_type) || !take_bytes(size, bytes)) return false;
  const int type = static_cast<std::int8_t>(raw_type);
  const bool is_time = type == kTimeExtension && (size == 4 || size == 8 || size == 12);
  if (type == kOwnExtension) {
    out = own_value(bytes, fixed);
  } else {
    out = is_time ? timestamp(bytes) : Value::array({type, binary_value(bytes)});
  }
  return true;
}

}  // namespace

bool read_msgpack(std::string_view bytes, int max_depth, Value& out) {
  Reader reader(bytes);
  return reader.read(out, max_depth) && reader.at_end();
}

std::string write_msgpack(const Value& value) {
  std::string bytes;
  Value::to_msgpack(value, bytes);
  return bytes;
}

}  // namespace belfry::socketio
