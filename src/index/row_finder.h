// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include <mainstem/error.h>

#include "index/environment.h"
#include "index/index_rows.h"

namespace mainstem::index {

/// A checked row of entries.
struct stream_row {
  entry_place place;
  entry_view entry;
  [[nodiscard]] std::uint64_t first_version() const noexcept { return place.first_version; }
  /// The version behind its last one.
  [[nodiscard]] std::uint64_t end_version() const noexcept {
    return place.first_version + entry.count();
  }
};

/// Checks everything about a row of `run` that can be checked without its neighbours.
[[nodiscard]] result<stream_row> decode_row(const run_record& run, const row& from);

/// Finds the rows of streams in runs, within one transaction.
///
/// Lifetime: rows, as long as the transaction; the transaction outlives this.
class row_finder {
 public:
  explicit row_finder(read_transaction& in) noexcept : in_(in) {}

  /// The row of the stream in this run that holds `version`; if all of its rows there begin later,
  /// the first one. (If all end before, the last one.) Errors: corrupt_index if the stream has no
  /// row in this run.
  [[nodiscard]] result<stream_row> at_or_first(const run_record& run, std::uint64_t stream,
                                               std::uint64_t version);

  /// Errors: corrupt_index if the stream has no row in this run.
  [[nodiscard]] result<stream_row> last(const run_record& run, std::uint64_t stream);

  /// After last() or itself: the row of the same stream in this run before the one that was
  /// answered, if any.
  [[nodiscard]] result<std::optional<stream_row>> previous(const run_record& run,
                                                           std::uint64_t stream);

 private:
  [[nodiscard]] result<cursor*> over(table home);

  read_transaction& in_;
  std::array<std::unique_ptr<cursor>, table_count> cursors_;
};

}  // namespace mainstem::index
