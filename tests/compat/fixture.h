// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "index/environment.h"

namespace mainstem::compat {

using byte_vector = std::vector<std::byte>;

/// A store, as text that fits into a repository: of its files the bytes that are not zero, and of
/// `state` the rows, for the file that they stand in is LMDB's and not ours. The index is left out:
/// it is made from the log.
///
///     file log/0000000001.log 65536
///     0000 4d53...
///     row 6 62696c6c696e67 0123...
struct fixture {
  struct state_row {
    index::table table{};
    byte_vector key;
    byte_vector value;
    friend bool operator==(const state_row&, const state_row&) = default;
  };
  /// By path in the store's folder.
  std::map<std::string, byte_vector> files;
  std::vector<state_row> state;
  friend bool operator==(const fixture&, const fixture&) = default;

  [[nodiscard]] std::string to_text() const;
  /// Throws std::runtime_error for what is no such text.
  [[nodiscard]] static fixture parse(std::string_view text);

  /// Makes a store's folder of it.
  void write_to(const std::filesystem::path& folder) const;
};

[[nodiscard]] std::string to_hex(std::span<const std::byte> bytes);

}  // namespace mainstem::compat
