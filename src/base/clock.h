// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

namespace mainstem {

/// Wall time and passing time. Tests replace it.
class clock_source {
 public:
  virtual ~clock_source() = default;
  /// Unix time in nanoseconds. May go back.
  [[nodiscard]] virtual std::uint64_t unix_nanoseconds() noexcept = 0;
  /// Never goes back.
  [[nodiscard]] virtual std::chrono::nanoseconds monotonic() noexcept = 0;
};

/// A source of random bytes that cannot be guessed. Tests replace it.
class random_source {
 public:
  virtual ~random_source() = default;
  virtual void fill(std::span<std::byte> into) noexcept = 0;
};

[[nodiscard]] clock_source& system_clock_source() noexcept;
[[nodiscard]] random_source& system_random_source() noexcept;

}  // namespace mainstem
