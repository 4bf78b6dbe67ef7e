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
    if (!has_room_for(length)) return false;
    is_first = arrived_.empty();
    arrived_.push_back(std::move(operation));
    brought_bytes_ += length;
  }
  if (!is_first) return true;
  rung_.fetch_add(1);
  if (sleeping_ == sleeping::until_rung) futex_wake_one(rung_);
  return true;
}

bool append_intake::has_room_for(std::uint64_t bytes) noexcept {
  const auto has_room = [&] {
    const std::uint64_t here = brought_bytes_ - taken_bytes_seen_;
    return here == 0 || here + bytes <= capacity_;
  };
  if (has_room()) return true;
  taken_bytes_seen_ = taken_bytes_.load(std::memory_order_relaxed);
  return has_room();
}

void append_intake::ring() noexcept {
  rung_.fetch_add(1);
  if (sleeping_ != sleeping::no) futex_wake_one(rung_);
}

void append_intake::sleep(std::uint32_t rung) noexcept { sleep(sleeping::until_rung, rung, {}); }

void append_intake::sleep(sleeping why, std::uint32_t rung,
                          std::optional<clock::time_point> until) noexcept {
  // In one order for all threads: either this sees the ring, or the ring sees that it sleeps.
  sleeping_ = why;
  if (rung_ == rung) futex_wait(rung_, rung, until);
  sleeping_ = sleeping::no;
}

void append_intake::heard(std::int64_t answers) noexcept {
  if (unheard_.fetch_sub(answers) - answers <= awaited_) ring();
}

void append_intake::gather(std::chrono::nanoseconds limit) noexcept {
  constexpr std::uint32_t gathers_until_asked_again = 64;
  constexpr int looks = 4;
  // Long enough for a listener that had gone to sleep.
  constexpr std::chrono::nanoseconds shortest_look = std::chrono::microseconds(100);
  if (++gathers_ % gathers_until_asked_again == 0) deaf_ = 0;
  deaf_ = std::min(deaf_, unheard());
  awaited_ = deaf_;
  const auto look = std::max(limit / looks, shortest_look);
  const auto end = clock::now() + limit;
  for (auto begun = clock::now(); begun < end && unheard() > deaf_; begun = clock::now()) {
    const std::int64_t before = unheard();
    sleep_until_heard(std::min(begun + look, end));
    // One that was cut short says nothing.
    const bool is_whole = clock::now() >= begun + look;
    if (is_whole && unheard() >= before) deaf_ = unheard();
  }
  awaited_ = -1;
}

void append_intake::sleep_until_heard(clock::time_point until) noexcept {
  for (;;) {
    const std::uint32_t seen = rung();
    if (unheard() <= deaf_ || clock::now() >= until) return;
    sleep(sleeping::until_heard, seen, until);
  }
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
