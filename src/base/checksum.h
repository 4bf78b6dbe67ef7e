// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <xxhash.h>

namespace mainstem {

/// XXH3, 64 bits (xxHash 0.8 and later; the algorithm's values are stable since then).
[[nodiscard]] inline std::uint64_t checksum64(std::span<const std::byte> bytes,
                                              std::uint64_t seed = 0) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace mainstem
