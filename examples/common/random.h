// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace examples {

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15U);
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  /// From 0 to `end` - 1; `end` is above 0.
  std::uint64_t below(std::uint64_t end) noexcept { return next() % end; }
  bool chance(std::uint64_t percent) noexcept { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

}  // namespace examples
