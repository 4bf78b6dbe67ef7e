// SPDX-License-Identifier: Apache-2.0
#include "index/lmdb_pages.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "index/lmdb_layout.h"

namespace mainstem::index {
namespace {

// Byte offsets of a page's head and of a node, as in struct MDB_page and MDB_node of LMDB 0.9.
constexpr std::size_t page_flags_at = 10;
constexpr std::size_t page_lower_at = 12;
constexpr std::size_t page_upper_at = 14;
constexpr std::size_t overflow_count_at = 12;
constexpr std::size_t page_head_bytes = 16;
constexpr std::size_t node_head_bytes = 8;
constexpr std::size_t tree_record_bytes = 48;
constexpr std::size_t tree_depth_at = 6;
constexpr std::size_t tree_rows_at = 32;
constexpr std::size_t tree_root_at = 40;

constexpr std::uint16_t branch_page = 0x01;
constexpr std::uint16_t leaf_page = 0x02;
constexpr std::uint16_t overflow_page = 0x04;
constexpr std::uint16_t kind_of_page = 0x0f | 0x20;  // With meta, and leaves of fixed-size keys.
constexpr std::uint16_t big_node = 0x01;
constexpr std::uint16_t tree_node = 0x02;
constexpr std::uint16_t duplicates_node = 0x04;

constexpr std::size_t largest_key = 511;
constexpr unsigned deepest_tree = 32;

class page_walker {
 public:
  page_walker(os::file& data, const lmdb_state& state)
      : data_(data), state_(state), seen_(state.last_page + 1) {}

  result<void> run() {
    // Writing reads the tree of free pages.
    if (auto walked = walk_tree(state_.free_root, state_.free_depth); !walked) return walked;
    return walk_rows(state_.main_root, state_.main_depth, state_.main_rows);
  }

 private:
  using page_bytes = std::vector<std::byte>;

  [[nodiscard]] error damaged(std::uint64_t page, const char* what) const {
    return {errc::corrupt_index,
            error_info{.detail = "page " + std::to_string(page) + " of LMDB " + what,
                       .path = data_.path(),
                       .offset = page * state_.page_size}};
  }

  result<void> take(std::uint64_t page) {
    if (page < lmdb_meta_pages || page > state_.last_page) return damaged(page, "does not exist");
    if (seen_[page]) return damaged(page, "is used twice");
    seen_[page] = true;
    return {};
  }

  result<page_bytes> read(std::uint64_t page) {
    if (auto taken = take(page); !taken) return taken.error();
    page_bytes bytes(state_.page_size);
    auto got = data_.read_at(page * state_.page_size, bytes);
    if (!got) return got.error();
    if (*got < bytes.size()) return damaged(page, "lies behind the end of the file");
    if (load<std::uint64_t>(bytes.data()) != page) return damaged(page, "is another page");
    return bytes;
  }

  result<void> walk_tree(std::uint64_t root, unsigned depth) {
    if (root == lmdb_no_page) return {};
    if (depth == 0 || depth > deepest_tree) return damaged(root, "has an impossible depth");
    return walk(root, depth);
  }

  /// The same of a tree of which is known how many rows it has: none may be missing without a
  /// trace.
  result<void> walk_rows(std::uint64_t root, unsigned depth, std::uint64_t rows) {
    const std::uint64_t around = std::exchange(rows_, 0);
    auto walked = walk_tree(root, depth);
    const std::uint64_t found = std::exchange(rows_, around);
    if (walked && found != rows)
      return damaged(root == lmdb_no_page ? 0 : root, "does not lead to as many rows as it should");
    return walked;
  }

  /// @param depth levels from here down to the leaves, this one included.
  result<void> walk(std::uint64_t number, unsigned depth) {
    auto page = read(number);
    if (!page) return page.error();
    const auto kind = load<std::uint16_t>(page->data() + page_flags_at) & kind_of_page;
    if (kind != (depth == 1 ? leaf_page : branch_page))
      return damaged(number, "is of a wrong kind");
    const auto lower = load<std::uint16_t>(page->data() + page_lower_at);
    // A page of 64 KiB ends where 16 bits do: 0 stands for that.
    const std::size_t upper_field = load<std::uint16_t>(page->data() + page_upper_at);
    const std::size_t upper = upper_field == 0 ? page->size() : upper_field;
    if (lower < page_head_bytes || lower % 2 != 0 || lower > upper || upper > page->size())
      return damaged(number, "has an impossible size");
    const std::size_t nodes = (lower - page_head_bytes) / 2;
    if (nodes < (depth == 1 ? 1U : 2U)) return damaged(number, "is empty");
    if (depth == 1) rows_ += nodes;
    for (std::size_t i = 0; i < nodes; ++i) {
      const auto at = load<std::uint16_t>(page->data() + page_head_bytes + 2 * i);
      if (at < upper || at % 2 != 0 || at + node_head_bytes > page->size())
        return damaged(number, "has a node in a wrong place");
      const auto node = std::span<const std::byte>(*page).subspan(at);
      auto walked = depth == 1 ? leaf(number, node) : branch(number, node, depth, i == 0);
      if (!walked) return walked;
    }
    return {};
  }

  result<void> branch(std::uint64_t number, std::span<const std::byte> node, unsigned depth,
                      bool first) {
    const auto* const head = node.data();
    const std::uint64_t child = std::uint64_t{load<std::uint16_t>(head)} |
                                std::uint64_t{load<std::uint16_t>(head + 2)} << 16U |
                                std::uint64_t{load<std::uint16_t>(head + 4)} << 32U;
    const std::size_t key = load<std::uint16_t>(head + 6);
    if (key > largest_key || node_head_bytes + key > node.size() || (key == 0 && !first))
      return damaged(number, "has a key of an impossible size");
    return walk(child, depth - 1);
  }

  result<void> leaf(std::uint64_t number, std::span<const std::byte> node) {
    const auto* const head = node.data();
    const std::size_t value =
        std::size_t{load<std::uint16_t>(head)} | std::size_t{load<std::uint16_t>(head + 2)} << 16U;
    const auto flags = load<std::uint16_t>(head + 4);
    const std::size_t key = load<std::uint16_t>(head + 6);
    const bool is_big = flags == big_node;
    const std::size_t inside = node_head_bytes + key + (is_big ? sizeof(std::uint64_t) : value);
    if (key == 0 || key > largest_key || inside > node.size())
      return damaged(number, "has a key or a value of an impossible size");
    if ((flags & duplicates_node) != 0 || (flags & ~(big_node | tree_node)) != 0)
      return damaged(number, "has a node of an unknown kind");
    if (is_big) return overflow(load<std::uint64_t>(head + node_head_bytes + key), value);
    if (flags == 0) return {};
    if (flags != tree_node || value != tree_record_bytes)
      return damaged(number, "has a node of an unknown kind");
    const auto* const tree = head + node_head_bytes + key;
    return walk_rows(load<std::uint64_t>(tree + tree_root_at),
                     load<std::uint16_t>(tree + tree_depth_at),
                     load<std::uint64_t>(tree + tree_rows_at));
  }

  result<void> overflow(std::uint64_t first, std::size_t value_bytes) {
    auto page = read(first);
    if (!page) return page.error();
    const auto kind = load<std::uint16_t>(page->data() + page_flags_at) & kind_of_page;
    const std::uint64_t count = load<std::uint32_t>(page->data() + overflow_count_at);
    if (kind != overflow_page || count == 0 || count > state_.last_page + 1 ||
        count * state_.page_size < page_head_bytes + value_bytes)
      return damaged(first, "does not hold the value that should be there");
    for (std::uint64_t i = 1; i < count; ++i) {
      if (auto taken = take(first + i); !taken) return taken;
    }
    return {};
  }

  os::file& data_;
  lmdb_state state_;
  std::vector<bool> seen_;
  std::uint64_t rows_ = 0;  ///< Of the tree that is being walked, so far.
};

}  // namespace

result<void> check_lmdb_pages(os::file& data) {
  constexpr int attempts = 20;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto state = read_lmdb_state(data);
    if (!state) return state.error();
    auto walked = page_walker(data, *state).run();
    if (walked || !(walked.error() == errc::corrupt_index)) return walked;
    // A writer gives pages that only older states need to newer ones.
    auto now = read_lmdb_state(data);
    if (now && now->transaction == state->transaction) return walked;
  }
  // It changes faster than it can be read: whoever writes it uses these pages all the time.
  return {};
}

}  // namespace mainstem::index
