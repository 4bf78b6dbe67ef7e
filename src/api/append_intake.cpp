// SPDX-License-Identifier: Apache-2.0
#include "api/append_intake.h"

#include <algorithm>

#include "base/futex.h"

namespace mainstem::detail {

bool append_intake::push(append_pointer&& operation) {
  const std::uint64_t length = operation->commit()->frame.length;
  bool is_first = false;
  {
    const std::lock_guard held(mutex_);
    const std::uint64_t here = brought_bytes_ - taken_bytes_.load(std::memory_order_relaxed);
    if (here != 0 && here + length > capacity_) return false;
    is_first = arrived_.empty();
    arrived_.push_back(std::move(operation));
    brought_bytes_ += length;
  }
  if (is_first) ring();
  return true;
}

void append_intake::ring() noexcept {
  rung_.fetch_add(1);
  if (asleep_) futex_wake_one(rung_);
}

void append_intake::sleep(std::uint32_t rung,
                          std::optional<std::chrono::steady_clock::time_point> until) noexcept {
  // In one order for all threads: either this sees the ring, or the ring sees that it sleeps.
  asleep_ = true;
  if (rung_ == rung) futex_wait(rung_, rung, until);
  asleep_ = false;
}

void append_intake::heard(std::int64_t answers) noexcept {
  if (unheard_.fetch_sub(answers) - answers <= awaited_) ring();
}

void append_intake::gather(std::chrono::nanoseconds limit) noexcept {
  using std::chrono::steady_clock;
  constexpr int looks = 4;
  deaf_ = std::min(deaf_, unheard_.load());
  awaited_ = deaf_;
  const auto began = steady_clock::now();
  for (int look = 1; look <= looks; ++look) {
    const std::int64_t before = unheard_;
    const auto deadline = began + limit * look / looks;
    for (;;) {
      const std::uint32_t seen = rung();
      if (unheard_ <= deaf_ || steady_clock::now() >= deadline) break;
      sleep(seen, deadline);
    }
    if (unheard_ <= deaf_) break;
    if (unheard_ >= before) {
      deaf_ = unheard_;
      break;
    }
  }
  awaited_ = -1;
}

append_operation* append_intake::front() {
  if (next_ == lined_up_.size()) {
    lined_up_.clear();
    next_ = 0;
    const std::lock_guard held(mutex_);
    lined_up_.swap(arrived_);
  }
  return peek(0);
}

append_pointer append_intake::pop() noexcept {
  append_pointer taken = std::move(lined_up_[next_++]);
  // Nobody else writes here.
  const std::uint64_t before = taken_bytes_.load(std::memory_order_relaxed);
  taken_bytes_.store(before + taken->commit()->frame.length, std::memory_order_relaxed);
  return taken;
}

}  // namespace mainstem::detail
