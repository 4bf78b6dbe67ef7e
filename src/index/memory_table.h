// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "index/environment.h"

namespace mainstem::index {

/// A sorted table of rows. A copy shares everything that it does not change itself, so it is cheap.
/// Whoever has been copied must not change any more.
class memory_table {
 public:
  memory_table() = default;
  memory_table(const memory_table& other);
  memory_table(memory_table&&) noexcept = default;
  memory_table& operator=(const memory_table&) = delete;
  memory_table& operator=(memory_table&&) noexcept = default;
  ~memory_table() = default;

  struct stored_row {
    std::string key;
    std::string value;
  };
  /// Where a row stands; end() is behind the last one.
  struct place {
    std::size_t chunk = 0;
    std::size_t row = 0;
    friend bool operator==(const place&, const place&) = default;
  };

  [[nodiscard]] place end() const noexcept { return {chunks_.size(), 0}; }
  /// The first row whose key is not below `key`.
  [[nodiscard]] place find(std::string_view key) const noexcept;
  [[nodiscard]] const stored_row& at(place where) const noexcept {
    return chunks_[where.chunk]->rows[where.row];
  }
  [[nodiscard]] place after(place where) const noexcept;
  /// end() if there is none.
  [[nodiscard]] place before(place where) const noexcept;

  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);

 private:
  struct chunk {
    std::uint64_t edition = 0;     ///< Of the one table that may change it.
    std::vector<stored_row> rows;  ///< Never empty.
  };
  std::vector<stored_row>& changeable(std::size_t which);
  std::uint64_t edition_ = 0;
  std::vector<std::shared_ptr<chunk>> chunks_;
};

using memory_tables = std::array<memory_table, table_count>;

}  // namespace mainstem::index
