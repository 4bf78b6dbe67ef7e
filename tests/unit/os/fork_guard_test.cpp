// SPDX-License-Identifier: Apache-2.0
#include "os/fork_guard.h"

#include <gtest/gtest.h>

#include "process_support.h"

namespace mainstem::os::test {
namespace {

TEST(ForkGuard, CountsForksAlongALineOfProcesses) {
  const std::uint64_t here = current_fork_generation();
  const pid_t child = start_process([here] {
    if (current_fork_generation() != here + 1) return 1;
    return wait_for(
        start_process([here] { return current_fork_generation() == here + 2 ? 0 : 2; }));
  });
  EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(current_fork_generation(), here);
}

}  // namespace
}  // namespace mainstem::os::test
