#include "websocket/mask.h"

#include <cstdint>
#include <cstring>

namespace belfry::websocket {

void apply_mask(char* data, std::size_t size, const MaskKey& key, std::size_t offset) {
  std::array<char, 8> turned;
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) % key.size()];
  std::uint64_t wide_key = 0;
  std::memcpy(&wide_key, turned.data(), sizeof wide_key);

  std::size_t done = 0;
  for (; done + sizeof wide_key <= size; done += sizeof wide_key) {
    std::uint64_t wide = 0;
    std::memcpy(&wide, data + done, sizeof wide);
    wide ^= wide_key;
    std::memcpy(data + done, &wide, sizeof wide);
  }
  for (; done < size; ++done) data[done] = static_cast<char>(data[done] ^ turned[done % turned.size()]);
}

}  // namespace belfry::websocket
