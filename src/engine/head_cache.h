// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "index/tail.h"
#include "os/huge_pages.h"

namespace mainstem::engine {

/// Where a stream stands, commits that are not on the disk yet included.
struct head {
  std::uint64_t version = 0;
  std::uint64_t last_position = 0;
};

/// The heads of the streams used last, within a fixed amount of memory. It may forget; it is never
/// out of date, since every commit writes through.
class head_cache {
 public:
  [[nodiscard]] std::optional<head> find(const index::name_hash& hash) const noexcept;
  void put(const index::name_hash& hash, const head& now) noexcept;
  /// Asks for the memory that find() and put() will touch.
  void prefetch(const index::name_hash& hash) const noexcept;

 private:
  // A set fills a cache line. A head that finds its set full goes into one of the next ones; so a
  // cache that is not half full hardly ever forgets.
  static constexpr std::size_t ways = 2;
  static constexpr std::size_t probes = 4;
  static constexpr std::size_t first_sets = 1U << 10U;
  static constexpr std::size_t most_sets = 1U << 19U;  // 1 Mi heads, 32 MiB.

  struct entry {
    index::name_hash hash;
    std::uint64_t version = 0;
    std::uint64_t last_position : 63 = 0;
    std::uint64_t used : 1 = 0;
  };
  struct alignas(64) set {
    std::array<entry, ways> entries;
  };
  static_assert(sizeof(set) == 64);

  [[nodiscard]] std::size_t set_index(const index::name_hash& hash,
                                      std::size_t probe = 0) const noexcept {
    return (hash.high + probe) & (sets_.size() - 1);
  }
  void place(const entry& placed) noexcept;
  void grow() noexcept;

  using set_table = std::vector<set, os::huge_page_allocator<set>>;
  set_table sets_ = set_table(first_sets);
  std::size_t entries_ = 0;
};

}  // namespace mainstem::engine
