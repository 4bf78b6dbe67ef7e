// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>

#include <mainstem/error.h>

#include "engine/position_watch.h"

namespace mainstem::detail {

/// How long a caller is willing to wait.
struct wait_limit {
  using clock = std::chrono::steady_clock;

  std::stop_token stop{};
  std::optional<clock::time_point> deadline{};

  /// @param timeout what is too long to be reckoned with is no limit; below 0 is 0.
  [[nodiscard]] static wait_limit after(std::chrono::nanoseconds timeout);

  /// Why the caller does not want to wait any longer; nothing if it does.
  [[nodiscard]] std::optional<error> exceeded() const;
};

/// A thread that sleeps until it is woken, or its limit is exceeded.
class thread_waiter final : public engine::position_watch::waiter {
 public:
  void wake() noexcept override;
  /// @returns false if the limit was exceeded first.
  bool sleep(const wait_limit& limit);

 private:
  static constexpr std::uint32_t woken_bit = 1;
  static constexpr std::uint32_t stopped_bit = 2;
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace mainstem::detail
