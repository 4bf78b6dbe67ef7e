// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include <mainstem/uuid.h>

#include "base/clock.h"

namespace mainstem {

/// Makes version 7 UUIDs that ascend, also while the clock stands still or goes back.
///
/// Thread safety: safe.
class id_generator {
 public:
  id_generator(clock_source& clock, random_source& random) noexcept
      : clock_(clock), random_(random) {}

  /// RFC 9562, section 6.2, method 2: within one millisecond the 74 random bits are a counter that
  /// goes up by a random step; the time never goes back.
  [[nodiscard]] uuid next() noexcept;

  /// To be called in the child of a fork, before its first next(): two processes must not draw from
  /// the same random bytes.
  void restart_in_child() noexcept;

 private:
  template <class Number>
  [[nodiscard]] Number draw() noexcept;
  void start_millisecond(std::uint64_t milliseconds) noexcept;
  void count_up() noexcept;
  [[nodiscard]] uuid assemble() const noexcept;

  clock_source& clock_;
  random_source& random_;
  std::mutex mutex_;
  /// Random bytes are drawn in blocks, since a system call for each id would cost more than the id.
  std::array<std::byte, 2048> block_{};
  std::size_t used_ = block_.size();
  bool started_ = false;
  std::uint64_t milliseconds_ = 0;
  std::uint64_t high_ = 0;  ///< The counter's upper 12 bits,
  std::uint64_t low_ = 0;   ///< and its lower 62.
};

}  // namespace mainstem
