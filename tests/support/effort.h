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

/// The number in an environment variable; 1 if it says nothing.
[[nodiscard]] inline std::uint64_t factor_of(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return 1;
  return std::max<std::uint64_t>(std::strtoull(text, nullptr, 10), 1);
}

/// How many times as much is to be done.
[[nodiscard]] inline std::uint64_t long_factor() { return factor_of("MAINSTEM_LONG"); }
/// For those who want to see that a test passes, and not all of it.
[[nodiscard]] inline std::uint64_t share() { return factor_of("MAINSTEM_SHARE"); }

}  // namespace mainstem::test_support
