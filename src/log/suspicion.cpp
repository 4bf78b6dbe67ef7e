// SPDX-License-Identifier: Apache-2.0
#include "log/suspicion.h"

#include <algorithm>
#include <string>
#include <utility>

namespace mainstem::log {
namespace {

void judge_end(judged_log& state, log_verification::part& found) {
  if (state.evidence < state.expected) return;
  state.totals.lost_positions += state.evidence - state.expected + 1;
  found.has_losses = true;
  bool explained = false;
  for (suspect& each : state.suspects) {
    if (!each.open) continue;
    set_positions(each.what, each.expected, state.evidence);
    explained = true;
  }
  if (explained) return;
  suspect end;
  end.what = {finding_kind::lost_events,
              error(errc::store_damaged,
                    error_info{.detail = "the log ends here, but more had been durable" +
                                         std::string(put_back),
                               .path = state.path,
                               .offset = state.end_offset})};
  set_positions(end.what, state.expected, state.evidence);
  state.suspects.push_back(std::move(end));
}

}  // namespace

void set_positions(finding& of, std::uint64_t first, std::uint64_t last) {
  error_info info = of.what.info();
  info.first_position = first;
  info.last_position = last;
  of.what = error(of.what.code(), std::move(info));
}

log_verification::part judge(judged_log state) {
  log_verification::part found;
  const auto torn = std::ranges::find_if(state.suspects, [&state](const suspect& each) {
    return !each.certain && each.expected > state.evidence;
  });
  if (torn != state.suspects.end()) {
    state.totals = torn->before;
    state.expected = torn->expected;
    found.torn_bytes = torn->torn_bytes;
    state.suspects.erase(std::remove_if(torn, state.suspects.end(),
                                        [](const suspect& each) { return !each.certain; }),
                         state.suspects.end());
  }
  judge_end(state, found);
  for (suspect& each : state.suspects) found.findings.push_back(std::move(each.what));
  found.totals = state.totals;
  return found;
}

}  // namespace mainstem::log
