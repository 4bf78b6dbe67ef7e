// SPDX-License-Identifier: Apache-2.0
#include "figures.h"

#include <algorithm>
#include <set>

namespace event_log {

counter_figures count_counters(const workload_view& workload) {
  counter_figures found;
  if (!workload.has_counter) return found;
  std::vector<std::set<std::int64_t>> seen(workload.streams.size());
  std::vector<std::int64_t> before(workload.streams.size());
  for (const row& each : workload.rows) {
    auto& values = seen[each.stream];
    const bool first = values.empty();
    if (!values.insert(each.counter).second) ++found.duplicates;
    if (!first) {
      if (each.counter < before[each.stream]) ++found.steps_back;
      if (each.counter > before[each.stream] && each.counter - 1 > before[each.stream])
        ++found.gaps;
    }
    before[each.stream] = each.counter;
  }
  return found;
}

std::uint64_t run_figures::commits() const {
  std::uint64_t sum = 0;
  for (const process_figures& each : processes) sum += each.commits;
  return sum;
}

std::uint64_t run_figures::retries_already_committed() const {
  std::uint64_t sum = 0;
  for (const process_figures& each : processes) sum += each.retries_already_committed;
  return sum;
}

std::uint64_t run_figures::kills() const {
  return static_cast<std::uint64_t>(std::ranges::count(processes, true, &process_figures::killed));
}

std::uint64_t run_figures::kills_in(bool process_figures::*where) const {
  return static_cast<std::uint64_t>(std::ranges::count(processes, true, where));
}

std::chrono::nanoseconds run_figures::longest_recovery() const {
  std::chrono::nanoseconds longest{};
  for (const process_figures& each : processes) longest = std::max(longest, each.recovery);
  return longest;
}

double run_figures::events_per_second() const {
  const double seconds = std::chrono::duration<double>(writing).count();
  return seconds > 0 ? static_cast<double>(commits()) / seconds : 0;
}

}  // namespace event_log
