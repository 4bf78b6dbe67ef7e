// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory that runs out, for tests of programs that keep their events in Mainstem. A header alone,
/// so that programs of the shared library can use it as well. docs/testing.md has an example.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace mainstem::testing {

/// Which allocations fail, counted from 1 over all threads.
enum class scarcity : std::uint8_t {
  once,      ///< The n-th one.
  for_good,  ///< The n-th one, and all behind it.
  repeated,  ///< Every n-th one.
};

namespace detail {

/// Whether allocation number `call`, from 1, is one that fails. n = 0: none does.
[[nodiscard]] constexpr bool is_scarce(std::uint64_t call, std::uint64_t n, scarcity how) noexcept {
  if (n == 0) return false;
  if (how == scarcity::repeated) return call % n == 0;
  return call == n || (how == scarcity::for_good && call > n);
}

}  // namespace detail

/// While it lives, some of the program's allocations through `operator new` fail with
/// std::bad_alloc, the store's own threads included, but for those of a thread that has_memory.
/// The store answers errc::out_of_memory then, or outcome_unknown if it had begun to write.
///
/// What allocates through malloc() alone (LMDB, the C library) goes on having memory. One of these
/// at a time; it needs MAINSTEM_TESTING_REPLACE_ALLOCATION.
class scarce_memory {
 public:
  /// @param n 0: none fails, and they are counted.
  explicit scarce_memory(std::uint64_t n, scarcity how = scarcity::once) noexcept {
    calls_ = failures_ = 0;
    how_ = how;
    n_ = n;
    on_ = true;
  }
  ~scarce_memory() { on_ = false; }
  scarce_memory(const scarce_memory&) = delete;
  scarce_memory& operator=(const scarce_memory&) = delete;

  /// Allocations since the last one of these was made, and how many of them failed.
  [[nodiscard]] static std::uint64_t allocations() noexcept { return calls_; }
  [[nodiscard]] static std::uint64_t failures() noexcept { return failures_; }

  /// Called by the replaced `operator new`, once for each allocation.
  [[nodiscard]] static bool next_fails() noexcept;

 private:
  friend class has_memory;
  inline static std::atomic<bool> on_{false};
  inline static std::atomic<scarcity> how_{scarcity::once};
  inline static std::atomic<std::uint64_t> n_{0};
  inline static std::atomic<std::uint64_t> calls_{0};
  inline static std::atomic<std::uint64_t> failures_{0};
  inline static thread_local bool exempt_ = false;
};

/// While it lives, the allocations of its thread succeed and do not count; or, with false, are as
/// scarce as the store's. A test has memory, and calls the store without:
///
///     const has_memory test;
///     ...
///     { const has_memory store(false); outcome = log.append(...); }
class has_memory {
 public:
  explicit has_memory(bool always = true) noexcept
      : before_(std::exchange(scarce_memory::exempt_, always)) {}
  ~has_memory() { scarce_memory::exempt_ = before_; }
  has_memory(const has_memory&) = delete;
  has_memory& operator=(const has_memory&) = delete;

 private:
  bool before_;
};

inline bool scarce_memory::next_fails() noexcept {
  if (!on_.load(std::memory_order_relaxed) || exempt_) return false;
  const std::uint64_t call = calls_.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool fails = detail::is_scarce(call, n_.load(std::memory_order_relaxed),
                                       how_.load(std::memory_order_relaxed));
  if (fails) failures_.fetch_add(1, std::memory_order_relaxed);
  return fails;
}

namespace detail {

[[nodiscard]] inline void* allocate(bool fails, std::size_t size, std::size_t alignment) {
  void* const memory =
      fails ? nullptr
      : alignment <= alignof(std::max_align_t)
          ? std::malloc(size == 0 ? 1 : size)
          : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace detail
}  // namespace mainstem::testing

/// Replaces the program's allocation functions. At namespace scope, in one source file of the test
/// program.
#define MAINSTEM_TESTING_REPLACE_ALLOCATION() \
  MAINSTEM_TESTING_REPLACE_ALLOCATION_BY(::mainstem::testing::scarce_memory::next_fails())

/// The same with a condition of your own: an expression that is true if the allocation is to fail.
/// It is asked before each allocation, by any thread, and may not allocate. (Compilers that saw
/// into these functions would take free() for the wrong way to give memory back.)
#define MAINSTEM_TESTING_REPLACE_ALLOCATION_BY(fails)                                              \
  [[gnu::noinline]] void* operator new(std::size_t size) {                                         \
    return ::mainstem::testing::detail::allocate(fails, size, 1);                                  \
  }                                                                                                \
  [[gnu::noinline]] void* operator new[](std::size_t size) {                                       \
    return ::mainstem::testing::detail::allocate(fails, size, 1);                                  \
  }                                                                                                \
  [[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {             \
    return ::mainstem::testing::detail::allocate(fails, size,                                      \
                                                 static_cast<std::size_t>(alignment));             \
  }                                                                                                \
  [[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment) {           \
    return ::mainstem::testing::detail::allocate(fails, size,                                      \
                                                 static_cast<std::size_t>(alignment));             \
  }                                                                                                \
  [[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }             \
  [[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }           \
  [[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {                     \
    std::free(memory);                                                                             \
  }                                                                                                \
  [[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept {                   \
    std::free(memory);                                                                             \
  }                                                                                                \
  [[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {                \
    std::free(memory);                                                                             \
  }                                                                                                \
  [[gnu::noinline]] void operator delete[](void* memory, std::align_val_t) noexcept {              \
    std::free(memory);                                                                             \
  }                                                                                                \
  [[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {   \
    std::free(memory);                                                                             \
  }                                                                                                \
  [[gnu::noinline]] void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { \
    std::free(memory);                                                                             \
  }                                                                                                \
  static_assert(true)
