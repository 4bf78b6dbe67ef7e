// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"

namespace mainstem {

/// A clock that stands still until somebody turns it.
///
/// Thread safety: safe.
class fake_clock final : public clock_source {
 public:
  /// 2001-09-09T01:46:40Z, far enough from 0 to be turned back.
  static constexpr std::uint64_t default_unix_nanoseconds = 1'000'000'000'000'000'000U;

  explicit fake_clock(std::uint64_t unix_nanoseconds = default_unix_nanoseconds) noexcept
      : unix_nanoseconds_(unix_nanoseconds) {}

  [[nodiscard]] std::uint64_t unix_nanoseconds() noexcept override { return unix_nanoseconds_; }
  [[nodiscard]] std::chrono::nanoseconds monotonic() noexcept override {
    return std::chrono::nanoseconds(monotonic_);
  }

  /// Lets time pass, on both clocks. `by` is not negative.
  void advance(std::chrono::nanoseconds by) noexcept {
    unix_nanoseconds_ += static_cast<std::uint64_t>(by.count());
    monotonic_ += by.count();
  }
  /// Sets the wall clock alone, to an earlier time if need be.
  void set_unix_nanoseconds(std::uint64_t now) noexcept { unix_nanoseconds_ = now; }

 private:
  std::atomic<std::uint64_t> unix_nanoseconds_;
  std::atomic<std::int64_t> monotonic_{0};
};

/// Numbers that look random and are the same for the same seed on every machine (SplitMix64).
///
/// Thread safety: safe; which thread gets which number is then up to the scheduler.
class fake_random final : public random_source {
 public:
  explicit fake_random(std::uint64_t seed = 1) noexcept : state_(seed) {}

  [[nodiscard]] std::uint64_t next() noexcept {
    std::uint64_t mixed = state_.fetch_add(increment) + increment;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  /// A number in [0, end). `end` is not 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t end) noexcept { return next() % end; }
  /// True in `percent` of 100 cases.
  [[nodiscard]] bool chance(unsigned percent) noexcept { return below(100) < percent; }

  void fill(std::span<std::byte> into) noexcept override {
    while (!into.empty()) {
      std::uint64_t number = next();
      const std::size_t count = into.size() < sizeof number ? into.size() : sizeof number;
      for (std::byte& byte : into.first(count)) {
        byte = static_cast<std::byte>(number & 0xffU);
        number >>= 8U;
      }
      into = into.subspan(count);
    }
  }

 private:
  static constexpr std::uint64_t increment = 0x9e3779b97f4a7c15U;
  std::atomic<std::uint64_t> state_;
};

}  // namespace mainstem
