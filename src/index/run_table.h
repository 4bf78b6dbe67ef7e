// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <mainstem/error.h>

#include "index/environment.h"
#include "index/index_rows.h"

namespace mainstem::index {

/// The live runs of one state of the index. Every flush belongs to exactly one of them.
///
/// A row of a stream names the flush that the stream was in before. Which run has that flush now is
/// looked up here, so that a merge rewrites neither rows nor heads.
class run_table {
 public:
  /// Errors: corrupt_index unless the runs cover the flushes 1 to `flushes` without gap or overlap.
  [[nodiscard]] static result<run_table> load(read_transaction& from, const index_state& state);

  /// The run that has this flush.
  [[nodiscard]] result<run_record> find(std::uint32_t flush) const;

  /// In the order of their flushes.
  [[nodiscard]] std::span<const run_record> runs() const noexcept { return runs_; }

  /// The runs that should be merged next, in order: the oldest `fanout` of the lowest tier that has
  /// as many.
  [[nodiscard]] std::span<const run_record> next_merge(std::uint32_t fanout) const noexcept;

 private:
  std::vector<run_record> runs_;
};

}  // namespace mainstem::index
