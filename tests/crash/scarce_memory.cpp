// SPDX-License-Identifier: Apache-2.0
#include "support/scarce_memory.h"

#include "support/replaced_allocation.h"

bool mainstem::test_support::allocation_is_to_fail() noexcept {
  auto& memory = scarce_memory::here();
  if (!memory.in_engine) return false;
  ++memory.calls;
  return memory.fails != 0 &&
         (memory.calls == memory.fails || (memory.for_good && memory.calls > memory.fails));
}
