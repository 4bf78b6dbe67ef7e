// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "api/append_operation.h"

namespace mainstem::detail {

/// Appends that no thread waits for, on their way to the pipeline, in the order of the calls. Who
/// brings one does not meet those who judge and write.
///
/// Thread safety: push(), ring(), posted() and heard(), safe. The rest only with the lock of
/// whoever drives the pipeline, but for sleep() and gather(), which the committer calls without.
class append_intake {
  using clock = std::chrono::steady_clock;

 public:
  /// @param capacity_bytes of frames. One that is larger has room alone.
  explicit append_intake(std::uint64_t capacity_bytes) noexcept : capacity_(capacity_bytes) {}

  /// Rings if nobody knows yet that there is something here; that disturbs nobody who gathers.
  /// @returns false if there is no room; the operation is still the caller's then.
  [[nodiscard]] bool push(append_pointer&& operation);
  /// Wakes the committer.
  void ring() noexcept;
  /// Counts the rings.
  [[nodiscard]] std::uint32_t rung() const noexcept {
    return rung_.load(std::memory_order_acquire);
  }
  /// Until it rings once more than that; may end without a reason.
  void sleep(std::uint32_t rung) noexcept;

  /// So many answers are on their way to their handlers.
  void posted(std::int64_t answers) noexcept { unheard_.fetch_add(answers); }
  /// So many of them were handed over; the last one is being: its handler may bring the next append
  /// in a moment.
  void heard(std::int64_t answers) noexcept;
  [[nodiscard]] std::int64_t unheard() const noexcept { return unheard_.load(); }
  /// Waits until all answers have been heard, but not longer than this: those who hear them now
  /// then go into the same group as those who are here already. An executor that hears nothing is
  /// not waited for again, but for once in a while.
  void gather(std::chrono::nanoseconds limit) noexcept;

  /// Null if there is none.
  [[nodiscard]] append_operation* front();
  /// The one so many places behind the first, if it is known already: a hint.
  [[nodiscard]] append_operation* peek(std::size_t behind) const noexcept {
    return next_ + behind < lined_up_.size() ? lined_up_[next_ + behind].get() : nullptr;
  }
  /// There must be one.
  [[nodiscard]] append_pointer pop() noexcept;

 private:
  /// Why the committer sleeps, or is about to.
  enum class sleeping : std::uint8_t { no, until_rung, until_heard };

  void sleep(sleeping why, std::uint32_t rung, std::optional<clock::time_point> until) noexcept;
  void sleep_until_heard(clock::time_point until) noexcept;
  [[nodiscard]] bool has_room_for(std::uint64_t bytes) noexcept;

  // What one side changes with every append stands on no cache line that the other one uses as
  // often.
  static constexpr std::size_t line_bytes = 64;

  // Of those who bring appends, with the mutex. Bytes are counted since the beginning.
  alignas(line_bytes) std::mutex mutex_;
  std::uint64_t capacity_;
  std::uint64_t brought_bytes_ = 0;
  std::uint64_t taken_bytes_seen_ = 0;  // At least so many were taken.
  std::vector<append_pointer> arrived_;

  // Of who judges them.
  alignas(line_bytes) std::atomic<std::uint64_t> taken_bytes_{0};
  std::vector<append_pointer> lined_up_;
  std::size_t next_ = 0;   // Into lined_up_.
  std::int64_t deaf_ = 0;  // Answers that nobody seems to hear.
  std::uint32_t gathers_ = 0;

  // What both watch.
  alignas(line_bytes) std::atomic<std::uint32_t> rung_{0};
  std::atomic<sleeping> sleeping_{sleeping::no};  // A ring nobody sleeps through costs no call.
  std::atomic<std::int64_t> unheard_{0};
  std::atomic<std::int64_t> awaited_{-1};  // While gathering: rings when so many are unheard.
};

}  // namespace mainstem::detail
