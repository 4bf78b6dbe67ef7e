// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace mainstem {

/// Whether all who sleep and wake are threads of this process, or the word lies in memory that
/// several processes map.
enum class futex_scope { process, machine };

/// Sleeps while `word` has this value, until it is woken or the time has come; may wake without a
/// reason.
/// One word for a whole group of sleepers: a condition variable makes each of them take a mutex in
/// turn, which was measured at less than half the commits per second with 64 threads.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t while_equal,
                std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt,
                futex_scope scope = futex_scope::process) noexcept;
void futex_wake_one(const std::atomic<std::uint32_t>& word) noexcept;
void futex_wake_all(const std::atomic<std::uint32_t>& word,
                    futex_scope scope = futex_scope::process) noexcept;

}  // namespace mainstem
