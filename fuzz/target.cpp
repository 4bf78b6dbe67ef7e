// SPDX-License-Identifier: Apache-2.0
#include "target.h"

#include <cstdio>
#include <cstdlib>

namespace mainstem::fuzz {

void require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "== does not hold: %s\n", rule);
  std::abort();
}

}  // namespace mainstem::fuzz
