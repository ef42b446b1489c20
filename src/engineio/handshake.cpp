#include "engineio/handshake.h"

namespace belfry::engineio {

Handshake::Handshake(std::string_view target, std::string_view address, bool secure, WallMs issued,
                     const Pairs& headers, bool from_allowed_origin)
    : issued_(issued),
      target_size_(static_cast<std::uint32_t>(target.size())),
      address_size_(static_cast<std::uint16_t>(address.size())),
      secure_(secure),
      from_allowed_origin_(from_allowed_origin) {
  std::size_t size = target.size() + address.size();
  for (const auto& [name, value] : headers) size += name.size() + value.size() + 2;
  block_.reserve(size);
  block_ += target;
  block_ += address;
  for (const auto& [name, value] : headers) {
    block_.append(name).push_back('\0');
    block_.append(value).push_back('\0');
  }
}

std::string_view Handshake::query() const {
  const auto mark = target().find('?');
  return mark == std::string_view::npos ? std::string_view() : target().substr(mark + 1);
}

// Calls `visit(name, value)` until it returns false.
template <class Visit>
void Handshake::each_header(Visit visit) const {
  std::string_view rest = std::string_view(block_).substr(target_size_ + address_size_);
  const auto take = [&rest] {
    const auto end = rest.find('\0');
    const auto text = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return text;
  };
  while (!rest.empty()) {
    const auto name = take();
    const auto value = take();
    if (!visit(name, value)) return;
  }
}

std::string_view Handshake::header(std::string_view lower_case_name) const {
  std::string_view found;
  each_header([&](std::string_view name, std::string_view value) {
    if (name != lower_case_name) return true;
    found = value;
    return false;
  });
  return found;
}

Handshake::Pairs Handshake::headers() const {
  Pairs pairs;
  each_header([&](std::string_view name, std::string_view value) {
    pairs.emplace_back(name, value);
    return true;
  });
  return pairs;
}

}  // namespace belfry::engineio
