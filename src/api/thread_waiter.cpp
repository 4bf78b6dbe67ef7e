// SPDX-License-Identifier: Apache-2.0
#include "api/thread_waiter.h"

#include "api/answers.h"
#include "base/futex.h"

namespace mainstem::detail {

wait_limit wait_limit::after(std::chrono::nanoseconds timeout) {
  wait_limit limit;
  const auto now = clock::now();
  if (timeout < clock::time_point::max() - now)
    limit.deadline = now + std::max(timeout, std::chrono::nanoseconds(0));
  return limit;
}

std::optional<error> wait_limit::exceeded() const {
  if (stop.stop_requested()) {
    return error(canceled(), error_info{.detail = "a stop was requested"});
  }
  if (deadline && clock::now() >= *deadline) return error(errc::timed_out);
  return std::nullopt;
}

void thread_waiter::wake() noexcept {
  word_.fetch_or(woken_bit, std::memory_order_release);
  // The waiter may be gone by now: only its address is used.
  futex_wake_all(word_);
}

bool thread_waiter::sleep(const wait_limit& limit) {
  const std::stop_callback on_stop(limit.stop, [this] {
    word_.fetch_or(stopped_bit, std::memory_order_release);
    futex_wake_all(word_);
  });
  for (;;) {
    const std::uint32_t word = word_.load(std::memory_order_acquire);
    if ((word & woken_bit) != 0) return true;
    if (limit.exceeded()) return false;
    futex_wait(word_, word, limit.deadline);
  }
}

}  // namespace mainstem::detail
