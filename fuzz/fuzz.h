// What every fuzz target stands on. A target is one file: it includes this and defines
// `LLVMFuzzerTestOneInput`.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace belfry::fuzz {

/// What must hold, whatever the input: otherwise the run ends, and libFuzzer keeps the input.
inline void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Cuts `bytes` in pieces of the sizes that `sizes` says, again and again; none is empty.
inline std::vector<std::string_view> cut(std::string_view bytes, const std::vector<std::uint8_t>& sizes) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; !bytes.empty(); ++i) {
    const std::size_t wanted = sizes.empty() ? bytes.size() : sizes[i % sizes.size()] + 1u;
    pieces.push_back(bytes.substr(0, wanted));
    bytes.remove_prefix(pieces.back().size());
  }
  return pieces;
}

}  // namespace belfry::fuzz
