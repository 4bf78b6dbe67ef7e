// SPDX-License-Identifier: Apache-2.0
#include "os/huge_pages.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace mainstem::os {
namespace {

template <class T>
using table = std::vector<T, huge_page_allocator<T>>;

template <class T>
std::size_t misaligned(const table<T>& of, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(of.data()) % alignment;
}

TEST(HugePages, ALargeArrayBeginsWhereAHugePageMay) {
  const table<std::uint64_t> exact(huge_page_bytes / sizeof(std::uint64_t), 7);
  EXPECT_EQ(misaligned(exact, huge_page_bytes), 0U);
  EXPECT_EQ(exact.front() + exact.back(), 14U);
  const table<char> uneven(2 * huge_page_bytes + 1, 'x');
  EXPECT_EQ(misaligned(uneven, huge_page_bytes), 0U);
  EXPECT_EQ(uneven.back(), 'x');
}

TEST(HugePages, ASmallArrayIsOrdinaryMemory) {
  struct alignas(64) line {
    char bytes[64] = {};
  };
  EXPECT_EQ(misaligned(table<line>(3), alignof(line)), 0U);
  EXPECT_EQ(table<std::uint64_t>(huge_page_bytes / sizeof(std::uint64_t) - 1, 5).back(), 5U);
}

// Tables grow by being replaced.
TEST(HugePages, ArraysOfEverySizeChangePlaces) {
  table<std::uint32_t> small(10, 1);
  table<std::uint32_t> large(huge_page_bytes, 2);
  small.swap(large);
  EXPECT_EQ(small.size(), huge_page_bytes);
  EXPECT_EQ(large.size(), 10U);
  large = small;
  EXPECT_EQ(large.back(), 2U);
}

}  // namespace
}  // namespace mainstem::os
