// SPDX-License-Identifier: Apache-2.0
#include "api/usage_gate.h"

#include "base/futex.h"

namespace mainstem::detail {
namespace {

std::size_t number_of_this_thread() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

std::optional<usage_gate::pass> usage_gate::enter() noexcept {
  counter& counted = counters_[number_of_this_thread() % counters_.size()];
  // Counted first: either this load sees that the gate is closed, or whoever closes it sees the
  // count.
  counted.inside.fetch_add(1, std::memory_order_seq_cst);
  if (!closed_.load(std::memory_order_seq_cst)) return pass(*this, counted);
  leave(counted);
  return std::nullopt;
}

void usage_gate::leave(counter& counted) noexcept {
  // Looked at second: whoever closes either sees the count go down, or is seen here.
  counted.inside.fetch_sub(1, std::memory_order_seq_cst);
  if (closed_.load(std::memory_order_seq_cst)) futex_wake_all(counted.inside);
}

void usage_gate::wait_until_empty() noexcept {
  for (counter& counted : counters_) {
    for (;;) {
      const std::uint32_t inside = counted.inside.load(std::memory_order_seq_cst);
      if (inside == 0) break;
      futex_wait(counted.inside, inside);
    }
  }
}

}  // namespace mainstem::detail
