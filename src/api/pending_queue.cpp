// SPDX-License-Identifier: Apache-2.0
#include "api/pending_queue.h"

namespace mainstem::detail {

void pending_queue::add(pending* answered) noexcept {
  for (chain& each : chains_) {
    if (each.first == nullptr || !each.first->shares_executor(*answered)) continue;
    each.last->chain(answered);
    each.last = answered;
    return;
  }
  chain& taken = chains_[next_];
  next_ = (next_ + 1) % chains_.size();
  if (taken.first != nullptr) taken.first->post();
  taken = {answered, answered};
}

void pending_queue::post() noexcept {
  for (chain& each : chains_) {
    if (each.first != nullptr) each.first->post();
    each = {};
  }
}

}  // namespace mainstem::detail
