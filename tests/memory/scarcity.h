// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

namespace mainstem::memory_test {

/// While it lives, allocations fail: every `period`-th one of the whole program, all threads of the
/// store included, but for those of a thread that has_memory.
class scarcity {
 public:
  explicit scarcity(std::uint64_t period) noexcept;
  ~scarcity();
  scarcity(const scarcity&) = delete;
  scarcity& operator=(const scarcity&) = delete;

  /// How many have failed while any of these lived.
  [[nodiscard]] static std::uint64_t failures() noexcept;
};

/// Whether the thread's allocations always succeed, while it lives: those of a test, or fail like
/// the store's.
class has_memory {
 public:
  explicit has_memory(bool always) noexcept;
  ~has_memory();
  has_memory(const has_memory&) = delete;
  has_memory& operator=(const has_memory&) = delete;

 private:
  bool before_;
};

/// Calls the store, which has to make do with what memory there is.
template <class Call>
auto in_store(Call&& call) {
  const has_memory scarce(false);
  return std::forward<Call>(call)();
}

}  // namespace mainstem::memory_test
