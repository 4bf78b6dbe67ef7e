// SPDX-License-Identifier: Apache-2.0
#include "index/name_hash.h"

#include <xxhash.h>

namespace mainstem::index {

name_hash hash_name(std::string_view stream, std::uint64_t secret) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(stream.data(), stream.size(), secret);
  return {hash.high64, hash.low64};
}

}  // namespace mainstem::index
