// SPDX-License-Identifier: Apache-2.0
#include "support/scarce_memory.h"

#include <mainstem/testing/scarce_memory.h>

namespace mainstem::test_support {
namespace {

bool allocation_fails() noexcept {
  auto& memory = scarce_memory::here();
  if (!memory.in_engine) return false;
  return testing::detail::is_scarce(
      ++memory.calls, memory.fails,
      memory.for_good ? testing::scarcity::for_good : testing::scarcity::once);
}

}  // namespace
}  // namespace mainstem::test_support

// NOLINTNEXTLINE(misc-new-delete-overloads)
MAINSTEM_TESTING_REPLACE_ALLOCATION_BY(mainstem::test_support::allocation_fails());
