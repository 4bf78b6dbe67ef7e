// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace mainstem::test_support {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

/// What MAINSTEM_LONG says: how many times as much is to be done. 1 if it says nothing.
[[nodiscard]] inline std::uint64_t long_factor() {
  const char* const text = std::getenv("MAINSTEM_LONG");
  if (text == nullptr) return 1;
  return std::max<std::uint64_t>(std::strtoull(text, nullptr, 10), 1);
}

}  // namespace mainstem::test_support
