#include "core/ids.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/clock.h"

namespace belfry {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kSidBytes = 15;

// Random bytes are drawn from the generator in blocks: one call costs more than the bytes.
class RandomPool {
 public:
  void take(void* out, std::size_t size) {
    if (size > sizeof bytes_) return draw(out, size);
    if (used_ + size > sizeof bytes_) {
      draw(bytes_, sizeof bytes_);
      used_ = 0;
    }
    std::memcpy(out, bytes_ + used_, size);
    std::memset(bytes_ + used_, 0, size);
    used_ += size;
  }

 private:
  static void draw(void* out, std::size_t size) {
    // Without randomness no id is safe to hand out: there is nothing sensible to go on with.
    if (RAND_bytes(static_cast<unsigned char*>(out), static_cast<int>(size)) != 1) std::abort();
  }

  unsigned char bytes_[512] = {};
  std::size_t used_ = sizeof bytes_;
};

std::string sid_from(const std::uint8_t (&bytes)[kSidBytes]) {
  std::string sid(kSidSize, '\0');
  for (std::size_t i = 0, o = 0; i < kSidBytes; i += 3, o += 4) {
    const unsigned group = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2];
    sid[o] = kAlphabet[group >> 18];
    sid[o + 1] = kAlphabet[group >> 12 & 63];
    sid[o + 2] = kAlphabet[group >> 6 & 63];
    sid[o + 3] = kAlphabet[group & 63];
  }
  return sid;
}

}  // namespace

void random_bytes(void* out, std::size_t size) {
  thread_local RandomPool pool;
  pool.take(out, size);
}

std::string make_sid() {
  std::uint8_t bytes[kSidBytes];
  random_bytes(bytes, sizeof bytes);
  return sid_from(bytes);
}

std::string make_sid_on(std::uint8_t shard, std::string_view node) {
  std::uint8_t bytes[kSidBytes];
  random_bytes(bytes, sizeof bytes);
  bytes[0] = shard;
  return sid_from(bytes).append(node);
}

std::string_view node_of_sid(std::string_view sid) {
  const std::string_view node = sid.substr(std::min(sid.size(), kSidSize));
  return is_node_tag(node) ? node : std::string_view();
}

bool is_node_tag(std::string_view text) {
  constexpr std::size_t kMaxChars = 16;
  return !text.empty() && text.size() <= kMaxChars &&
         text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

int shard_of_sid(std::string_view sid) {
  if (sid.size() != kSidSize && node_of_sid(sid).empty()) return -1;
  const auto high = kAlphabet.find(sid[0]);
  const auto low = kAlphabet.find(sid[1]);
  if (high == kAlphabet.npos || low == kAlphabet.npos) return -1;
  return static_cast<int>(high << 2 | low >> 4);
}

std::string first_uuid7_of(std::int64_t time_ms) {
  const WallMs time = std::max<WallMs>(time_ms, 0);
  return fmt::format("{:08x}-{:04x}-7000-8000-000000000000", time >> 16, time & 0xffff);
}

std::string make_uuid7() {
  // A counter in rand_a keeps ids of one thread and one millisecond in order (RFC 9562, 6.2, method 1).
  thread_local WallMs last_ms = 0;
  thread_local std::uint16_t counter = 0;
  WallMs now = wall_now_ms();
  if (now <= last_ms) {
    now = last_ms;
    if (++counter > 0xfff) {
      counter = 0;
      ++now;
    }
  } else {
    std::uint8_t seed = 0;
    random_bytes(&seed, 1);
    counter = seed;
  }
  last_ms = now;
  std::uint8_t tail[8];
  random_bytes(tail, sizeof tail);
  const unsigned variant = 0x8000u | (unsigned(tail[0]) << 8 | tail[1]) >> 2;
  std::uint64_t node = 0;
  for (int i = 2; i < 8; ++i) node = node << 8 | tail[i];
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", std::uint64_t(now) >> 16, now & 0xffff, counter,
                     variant, node);
}

}  // namespace belfry
