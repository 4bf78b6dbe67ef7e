// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mainstem::detail {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;
}

/// For bugs, never for input or for what a disk says. On in release builds too.
#define MAINSTEM_ASSERT(expression)    \
  ((expression) ? static_cast<void>(0) \
                : ::mainstem::detail::assertion_failed(#expression, __FILE__, __LINE__))
