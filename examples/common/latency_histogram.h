// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace examples {

/// Counts durations in buckets that are at most 1/32 of their value wide, from nanoseconds to
/// hours. Works in memory that several processes share. Thread safety: safe.
class latency_histogram {
 public:
  void record(std::chrono::nanoseconds duration) noexcept;
  void add(const latency_histogram& other) noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept;
  /// The duration that `fraction` of the recorded ones do not exceed, rounded up to the end of its
  /// bucket; 0 if there is none.
  [[nodiscard]] std::chrono::nanoseconds quantile(double fraction) const noexcept;

 private:
  static constexpr std::size_t steps_bits = 5;
  static constexpr std::size_t steps = std::size_t{1} << steps_bits;
  static constexpr std::size_t bucket_count = (64 - steps_bits + 1) * steps;
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value) noexcept;
  [[nodiscard]] static std::uint64_t last_value_of(std::size_t bucket) noexcept;

  std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
};

}  // namespace examples
