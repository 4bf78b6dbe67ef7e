// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "common/random.h"
#include "common_names.h"

namespace event_log {

/// When a kill is to happen.
enum class aim : std::uint8_t { any_moment, segment_change, index_flush, opening };

/// One kill. Rows are counted as acknowledged ones.
struct planned_kill {
  aim at = aim::any_moment;
  std::uint64_t not_before = 0;  ///< Nothing happens before so many rows.
  std::uint64_t latest = 0;      ///< By then it happens anyway; the writer waits here.
};

/// Spreads kills over the rows: equal shares, one random moment in each; the last share is free of
/// kills.
class kill_plan {
 public:
  kill_plan(std::uint64_t rows, std::uint32_t kills, std::uint64_t seed)
      : rows_(rows), kills_(kills), random_(seed) {}

  /// The next kill, `done` of which happened so far. What was to be met at least once and was not
  /// yet is aimed at again and again in the second half.
  [[nodiscard]] planned_kill next(std::uint32_t done, bool segment_change_met,
                                  bool index_flush_met);

 private:
  [[nodiscard]] aim choose(std::uint32_t done, bool segment_change_met, bool index_flush_met) const;
  std::uint64_t rows_;
  std::uint32_t kills_;
  random_numbers random_;
};

}  // namespace event_log
