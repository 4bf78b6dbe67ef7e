// SPDX-License-Identifier: Apache-2.0
#include "index/lmdb_layout.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"

namespace mainstem::index {
namespace {

// Byte offsets of LMDB's data version 1 (struct MDB_page, MDB_meta and MDB_db of 0.9) on 64-bit
// machines.
constexpr std::size_t page_number_at = 0;
constexpr std::size_t page_flags_at = 10;
constexpr std::size_t magic_at = 16;
constexpr std::size_t data_version_at = 20;
constexpr std::size_t page_size_at = 40;
constexpr std::size_t free_depth_at = 46;
constexpr std::size_t free_root_at = 80;
constexpr std::size_t main_depth_at = 94;
constexpr std::size_t main_rows_at = 120;
constexpr std::size_t main_root_at = 128;
constexpr std::size_t last_page_at = 136;
constexpr std::size_t transaction_at = 144;
constexpr std::size_t meta_bytes = 152;

constexpr std::uint16_t meta_flag = 0x08;
constexpr std::uint32_t magic = 0xBEEFC0DE;
constexpr std::uint32_t data_version = 1;
constexpr std::uint16_t deepest = 32;

using raw_meta = std::array<std::byte, meta_bytes>;

template <std::integral Integer>
Integer field(const raw_meta& meta, std::size_t at) noexcept {
  return load<Integer>(meta.data() + at);
}

error damaged(const os::file& data, std::string what) {
  return {errc::corrupt_index, error_info{.detail = std::move(what), .path = data.path()}};
}

bool plausible_root(const raw_meta& meta, std::size_t root_at, std::size_t depth_at) noexcept {
  const auto root = field<std::uint64_t>(meta, root_at);
  const auto depth = field<std::uint16_t>(meta, depth_at);
  if (root == lmdb_no_page) return depth == 0;
  return root >= lmdb_meta_pages && root <= field<std::uint64_t>(meta, last_page_at) &&
         depth >= 1 && depth <= deepest;
}

bool plausible(const raw_meta& meta, std::uint64_t number) noexcept {
  const auto page_size = field<std::uint32_t>(meta, page_size_at);
  return field<std::uint64_t>(meta, page_number_at) == number &&
         field<std::uint16_t>(meta, page_flags_at) == meta_flag &&
         field<std::uint32_t>(meta, magic_at) == magic &&
         field<std::uint32_t>(meta, data_version_at) == data_version && page_size >= 512 &&
         page_size <= 65536 && std::has_single_bit(page_size) &&
         field<std::uint64_t>(meta, last_page_at) >= lmdb_meta_pages - 1 &&
         field<std::uint64_t>(meta, last_page_at) < (std::uint64_t{1} << 47U) / page_size &&
         plausible_root(meta, free_root_at, free_depth_at) &&
         plausible_root(meta, main_root_at, main_depth_at);
}

result<raw_meta> read_meta(os::file& data, std::uint64_t offset, std::uint64_t number) {
  raw_meta meta{};
  auto read = data.read_at(offset, meta);
  if (!read) return read.error();
  if (*read != meta.size() || !plausible(meta, number)) {
    return damaged(data, "meta page " + std::to_string(number) + " is damaged or missing");
  }
  return meta;
}

}  // namespace

result<lmdb_state> read_lmdb_state(os::file& data) {
  auto size = data.size();
  if (!size) return size.error();
  auto first = read_meta(data, 0, 0);
  if (!first) return first.error();
  const auto page_size = field<std::uint32_t>(*first, page_size_at);
  auto second = read_meta(data, page_size, 1);
  if (!second) return second.error();
  if (field<std::uint32_t>(*second, page_size_at) != page_size) {
    return damaged(data, "the meta pages disagree about the page size");
  }
  const bool first_is_newer =
      field<std::uint64_t>(*first, transaction_at) >= field<std::uint64_t>(*second, transaction_at);
  const raw_meta& newer = first_is_newer ? *first : *second;
  const std::uint64_t needed = (field<std::uint64_t>(newer, last_page_at) + 1) * page_size;
  if (*size < needed) {
    return damaged(data, "the file has " + std::to_string(*size) + " bytes and should have " +
                             std::to_string(needed));
  }
  return lmdb_state{.page_size = page_size,
                    .last_page = field<std::uint64_t>(newer, last_page_at),
                    .transaction = field<std::uint64_t>(newer, transaction_at),
                    .main_root = field<std::uint64_t>(newer, main_root_at),
                    .main_depth = field<std::uint16_t>(newer, main_depth_at),
                    .main_rows = field<std::uint64_t>(newer, main_rows_at),
                    .free_root = field<std::uint64_t>(newer, free_root_at),
                    .free_depth = field<std::uint16_t>(newer, free_depth_at)};
}

result<void> check_lmdb_file(os::file& data) {
  auto state = read_lmdb_state(data);
  if (!state) return state.error();
  return {};
}

}  // namespace mainstem::index
