// SPDX-License-Identifier: Apache-2.0
#include "kill_plan.h"

#include <algorithm>
#include <array>

namespace event_log {

aim kill_plan::choose(std::uint32_t done, bool segment_change_met, bool index_flush_met) const {
  if (done >= kills_ / 2) {
    // Alternating, so that one of them cannot use up what the other needs.
    const bool flush_first = done % 2 == 0;
    if (!index_flush_met && (flush_first || segment_change_met)) return aim::index_flush;
    if (!segment_change_met) return aim::segment_change;
  }
  constexpr std::array cycle{aim::index_flush, aim::segment_change, aim::any_moment, aim::opening,
                             aim::any_moment};
  return cycle[done % cycle.size()];
}

planned_kill kill_plan::next(std::uint32_t done, bool segment_change_met, bool index_flush_met) {
  const std::uint64_t share = std::max<std::uint64_t>(rows_ / (kills_ + 1), 1);
  planned_kill kill;
  kill.at = choose(done, segment_change_met, index_flush_met);
  // What is aimed at may be rare: most of the share is left for waiting.
  const std::uint64_t spread = kill.at == aim::any_moment ? share - share / 8 : share / 4;
  kill.not_before = done * share + random_.below(spread + 1);
  kill.latest = std::min((done + 1) * share, rows_);
  return kill;
}

}  // namespace event_log
