// SPDX-License-Identifier: Apache-2.0
#include "base/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace mainstem {
namespace {

int flags_of(futex_scope scope) noexcept {
  return scope == futex_scope::process ? FUTEX_PRIVATE_FLAG : 0;
}

void wake(const std::atomic<std::uint32_t>& word, int count, futex_scope scope) noexcept {
  static_assert(sizeof(word) == sizeof(std::uint32_t));
  syscall(SYS_futex, &word, FUTEX_WAKE | flags_of(scope), count, nullptr, nullptr, 0);
}

}  // namespace

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t while_equal,
                std::optional<std::chrono::steady_clock::time_point> deadline,
                futex_scope scope) noexcept {
  timespec until{};
  if (deadline) {
    // This form of waiting takes a point in time, by the clock that steady_clock reads.
    const auto since_start = std::max(deadline->time_since_epoch(), std::chrono::nanoseconds(0));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_start);
    until.tv_sec = seconds.count();
    until.tv_nsec = static_cast<long>((since_start - seconds).count());
  }
  // The result says nothing that the caller would not see by looking at the word again.
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | flags_of(scope), while_equal,
          deadline ? &until : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void futex_wake_one(const std::atomic<std::uint32_t>& word) noexcept {
  wake(word, 1, futex_scope::process);
}

void futex_wake_all(const std::atomic<std::uint32_t>& word, futex_scope scope) noexcept {
  wake(word, std::numeric_limits<int>::max(), scope);
}

}  // namespace mainstem
