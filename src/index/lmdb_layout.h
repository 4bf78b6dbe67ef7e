// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <mainstem/error.h>

#include "os/file.h"

namespace mainstem::index {

/// What LMDB calls the data file in the folder of an environment.
inline constexpr std::string_view lmdb_file_name = "data.mdb";
[[nodiscard]] inline std::string lmdb_file_path(const std::string& folder) {
  return folder + "/" + std::string(lmdb_file_name);
}

/// And its lock file.
[[nodiscard]] inline std::string lmdb_lock_path(const std::string& folder) {
  return folder + "/lock.mdb";
}

/// A root that leads nowhere.
inline constexpr std::uint64_t lmdb_no_page = ~std::uint64_t{0};
/// The first pages of the file, which say where the newest state is.
inline constexpr std::uint64_t lmdb_meta_pages = 2;

/// Where the newest state of an LMDB data file begins.
struct lmdb_state {
  std::uint32_t page_size = 0;
  std::uint64_t last_page = 0;
  std::uint64_t transaction = 0;
  std::uint64_t main_root = lmdb_no_page;
  std::uint16_t main_depth = 0;
  std::uint64_t main_rows = 0;
  std::uint64_t free_root = lmdb_no_page;  ///< Of the tree that says which pages are free.
  std::uint16_t free_depth = 0;
};
/// Errors: those of check_lmdb_file().
[[nodiscard]] result<lmdb_state> read_lmdb_state(os::file& data);

/// Looks at an LMDB data file before LMDB does: it maps the file, and what is missing from the end
/// of a mapped file is a SIGBUS. Both meta pages must be whole, and the newer one must lead nowhere
/// beyond the file's end. Errors: corrupt_index; what reading fails with.
[[nodiscard]] result<void> check_lmdb_file(os::file& data);

}  // namespace mainstem::index
