// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mainstem::os {

/// How many times a fork() stands between this process and the one in which counting began.
///
/// An object that remembers the number when it is made, and finds another one later, came into this
/// process through a fork and must not be used. Forks before the first call in a process do not
/// count. Cost: one relaxed load. Thread safety: safe.
[[nodiscard]] std::uint64_t current_fork_generation() noexcept;

}  // namespace mainstem::os
