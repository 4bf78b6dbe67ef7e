// SPDX-License-Identifier: Apache-2.0
#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace mainstem::detail {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "mainstem: assertion failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace mainstem::detail
