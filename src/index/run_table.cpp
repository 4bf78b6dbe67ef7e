// SPDX-License-Identifier: Apache-2.0
#include "index/run_table.h"

#include <algorithm>
#include <string>

namespace mainstem::index {

result<run_table> run_table::load(read_transaction& from, const index_state& state) {
  run_table table;
  auto rows = from.open_cursor(index::table::runs);
  if (!rows) return rows.error();
  auto each = (*rows)->seek(run_key(0));
  for (; each && *each; each = (*rows)->next()) {
    auto run = decode_run((*each)->key, (*each)->value);
    if (!run) return run.error();
    if (run->run > state.last_run) return corrupt("a run has a number that was never given out");
    table.runs_.push_back(*run);
  }
  if (!each) return each.error();

  std::ranges::sort(table.runs_, {}, &run_record::low_flush);
  std::uint32_t covered = 0;
  for (const run_record& run : table.runs_) {
    if (run.low_flush != covered + 1) return corrupt("a run is missing or doubled");
    covered = run.high_flush;
  }
  if (covered != state.flushes) return corrupt("the newest run is missing");
  return table;
}

result<run_record> run_table::find(std::uint32_t flush) const {
  const auto found = std::ranges::lower_bound(runs_, flush, {}, &run_record::high_flush);
  if (flush == 0 || found == runs_.end()) {
    return corrupt("a stream points to flush " + std::to_string(flush) + ", which no run has");
  }
  return *found;
}

// Tiers only get lower from the oldest run to the newest, so the runs of one tier are neighbours.
std::span<const run_record> run_table::next_merge(std::uint32_t fanout) const noexcept {
  std::size_t end = runs_.size();
  while (end > 0) {
    std::size_t begin = end;
    while (begin > 0 && runs_[begin - 1].tier == runs_[end - 1].tier) --begin;
    if (end - begin >= fanout) return runs().subspan(begin, fanout);
    end = begin;
  }
  return {};
}

}  // namespace mainstem::index
