// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "base/attempt.h"

/// Memory that runs out for the engine, and not for the test around it: see
/// tests/crash/scarce_memory.cpp.
namespace mainstem::test_support {

struct scarce_memory {
  bool in_engine = false;   ///< Whoever allocates now is the engine.
  std::uint64_t calls = 0;  ///< Of the engine, since they were last counted from 0.
  std::uint64_t fails = 0;  ///< Which of them fails; 0: none.
  bool for_good = false;    ///< And all behind it.

  /// Of this thread.
  [[nodiscard]] static scarce_memory& here() noexcept {
    static thread_local scarce_memory memory;
    return memory;
  }
};

/// As long as it lives, allocations are the engine's, or are not.
class memory_of_engine {
 public:
  explicit memory_of_engine(bool is_engine) noexcept
      : before_(std::exchange(scarce_memory::here().in_engine, is_engine)) {}
  ~memory_of_engine() { scarce_memory::here().in_engine = before_; }
  memory_of_engine(const memory_of_engine&) = delete;
  memory_of_engine& operator=(const memory_of_engine&) = delete;

 private:
  bool before_;
};

/// Calls the engine as those do who drive it: where there is no memory, that is the answer.
template <class Call>
auto in_engine(Call&& call) {
  const memory_of_engine engine(true);
  return attempt(std::forward<Call>(call));
}

}  // namespace mainstem::test_support
