// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <mainstem/error.h>

#include "index/environment.h"
#include "index/index_rows.h"
#include "index/index_types.h"

namespace mainstem::index {

/// Merges runs, a piece at a time. One merge is finished before the next one begins: so
/// table::merged is only ever appended to, and one row is enough to remember what is under way.
///
/// 1. Building: each step appends some rows of the new run to table::merged and writes, in the same
/// transaction,
///    where to go on. No reader sees them, because the run is not in table::runs.
/// 2. The last of these transactions exchanges the rows in table::runs.
/// 3. Deleting: each step erases some rows of the old runs, which nobody looks for any more.
///
/// No sync is needed before rows are erased: a crash takes back the newest transactions, never an
/// older one without those behind it. So wherever the rows are gone, the exchange has taken place.
class run_merger {
 public:
  run_merger(environment& in, const index_options& options) noexcept
      : environment_(in), options_(options) {}

  /// One step, in one write transaction; answers whether there is more to do.
  [[nodiscard]] result<bool> step(std::size_t budget_events);

 private:
  [[nodiscard]] result<void> build(read_transaction& from, index_state& state, merge_record& merge,
                                   std::size_t budget_events);
  [[nodiscard]] result<void> erase_old(read_transaction& from, merge_record& merge,
                                       std::size_t budget_rows);

  environment& environment_;
  const index_options& options_;
};

}  // namespace mainstem::index
