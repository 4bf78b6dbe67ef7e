// SPDX-License-Identifier: Apache-2.0
#include "api/pending_queue.h"

#include <utility>

namespace mainstem::detail {
namespace {

// Few enough for whoever gathers to see that somebody listens.
constexpr std::int64_t told_together = 16;

}  // namespace

void pending_queue::add(pending* answered, append_pointer of) noexcept {
  append_operation* const operation = of.get();
  answered->keep(std::move(of));
  for (chain& each : chains_) {
    if (each.first == nullptr || !each.first->shares_executor(*answered)) continue;
    each.last->chain(answered);
    each.last = answered;
    each.last_of = operation;
    if (++each.untold == told_together) tell(each);
    return;
  }
  chain& taken = chains_[next_];
  next_ = (next_ + 1) % chains_.size();
  post(taken);
  taken = {answered, answered, operation, 1};
}

void pending_queue::post() noexcept {
  for (chain& each : chains_) post(each);
}

void pending_queue::tell(chain& of) noexcept {
  of.last_of->tell(intake_, std::exchange(of.untold, 0));
}

void pending_queue::post(chain& each) noexcept {
  if (each.first == nullptr) return;
  if (each.untold != 0) tell(each);
  std::exchange(each, {}).first->post();
}

}  // namespace mainstem::detail
