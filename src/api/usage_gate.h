// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace mainstem::detail {

/// Counts the calls that are inside a store, so that closing can wait until none is.
///
/// Cost: two atomic additions per call, on one of several counters, so that threads do not fight
/// over one cache line. Thread safety: safe.
class usage_gate {
  struct alignas(64) counter {
    std::atomic<std::uint32_t> inside{0};
  };

 public:
  /// Held as long as the call is inside.
  class pass {
   public:
    pass(pass&& other) noexcept
        : gate_(std::exchange(other.gate_, nullptr)), counter_(other.counter_) {}
    pass& operator=(pass&&) = delete;
    ~pass() {
      if (gate_ != nullptr) gate_->leave(*counter_);
    }

   private:
    friend class usage_gate;
    pass(usage_gate& gate, counter& counted) noexcept : gate_(&gate), counter_(&counted) {}
    usage_gate* gate_;
    counter* counter_;
  };

  /// Nothing once the gate is closed.
  [[nodiscard]] std::optional<pass> enter() noexcept;
  /// @returns false if it was closed before.
  [[nodiscard]] bool close() noexcept { return !closed_.exchange(true, std::memory_order_seq_cst); }
  /// After close(): returns when nobody is inside.
  void wait_until_empty() noexcept;

 private:
  void leave(counter& counted) noexcept;

  std::atomic<bool> closed_{false};
  std::array<counter, 16> counters_;
};

}  // namespace mainstem::detail
