// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <mainstem/error.h>

#include "index/environment.h"
#include "index/index_rows.h"
#include "index/index_types.h"

namespace mainstem::index {

/// Finds streams by name, and their heads by number, within one transaction.
class stream_lookup {
 public:
  explicit stream_lookup(read_transaction& in) noexcept : in_(in) {}

  /// The stream's number; nothing if there is no such stream.
  [[nodiscard]] result<std::optional<std::uint64_t>> number(const index_state& state,
                                                            std::string_view stream);
  [[nodiscard]] result<stream_head> head(const index_state& state, std::uint64_t number);

 private:
  [[nodiscard]] result<void> check_absence(bytes_view key);

  read_transaction& in_;
  std::unique_ptr<cursor> names_;
};

/// The index's own row. Errors: corrupt_index if there is none.
[[nodiscard]] result<index_state> read_state(read_transaction& in);

}  // namespace mainstem::index
