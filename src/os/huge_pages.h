// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <new>

namespace mainstem::os {

inline constexpr std::size_t huge_page_bytes = std::size_t{2} << 20U;

/// Asks the kernel for huge pages where it has them: a hint, which may be of no effect.
void prefer_huge_pages(void* start, std::size_t bytes) noexcept;

/// For large arrays that are looked into at random: with pages of 4 KiB nearly every look misses
/// the TLB as well as the cache. Arrays of less than a huge page are ordinary memory.
template <class T>
struct huge_page_allocator {
  using value_type = T;

  huge_page_allocator() noexcept = default;
  template <class Other>
  huge_page_allocator(const huge_page_allocator<Other>& /*other*/) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    void* const memory = ::operator new(count * sizeof(T), alignment_of(count));
    if (is_large(count)) prefer_huge_pages(memory, count * sizeof(T));
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    ::operator delete(memory, alignment_of(count));
  }
  template <class Other>
  friend bool operator==(const huge_page_allocator& /*left*/,
                         const huge_page_allocator<Other>& /*right*/) noexcept {
    return true;
  }

 private:
  [[nodiscard]] static bool is_large(std::size_t count) noexcept {
    return count >= huge_page_bytes / sizeof(T);
  }
  [[nodiscard]] static std::align_val_t alignment_of(std::size_t count) noexcept {
    return std::align_val_t{is_large(count) ? huge_page_bytes : alignof(T)};
  }
};

}  // namespace mainstem::os
