// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace mainstem {

/// Sleeps while `word` has this value, until it is woken; may wake without a reason.
/// One word for a whole group of sleepers: a condition variable makes each of them take a mutex in
/// turn, which was measured at less than half the commits per second with 64 threads.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t while_equal) noexcept;
void futex_wake_one(const std::atomic<std::uint32_t>& word) noexcept;
void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept;

}  // namespace mainstem
