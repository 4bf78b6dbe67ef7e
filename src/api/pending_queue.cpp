// SPDX-License-Identifier: Apache-2.0
#include "api/pending_queue.h"

#include <utility>

namespace mainstem::detail {
namespace {

// Few enough for whoever gathers to see that somebody listens.
constexpr std::int64_t told_together = 16;
// Enough for the post to cost next to nothing, few enough for the first handlers to be called while
// the others are still being gathered.
constexpr std::int64_t posted_together = 64;
static_assert(posted_together % told_together == 0);

}  // namespace

void pending_queue::add(pending* answered, append_pointer of) noexcept {
  append_operation* const operation = of.get();
  answered->keep(std::move(of));
  chain* vacant = nullptr;
  for (chain& each : chains_) {
    if (each.first == nullptr) {
      if (vacant == nullptr) vacant = &each;
      continue;
    }
    if (!each.first->shares_executor(*answered)) continue;
    each.last->chain(answered);
    each.last = answered;
    each.last_of = operation;
    if (++each.length % told_together == 0) operation->tell(intake_, told_together);
    if (each.length == posted_together) post(each);
    return;
  }
  if (vacant == nullptr) {
    vacant = &chains_[next_];
    next_ = (next_ + 1) % chains_.size();
    post(*vacant);
  }
  *vacant = {answered, answered, operation, 1};
}

void pending_queue::post() noexcept {
  for (chain& each : chains_) post(each);
}

void pending_queue::post(chain& each) noexcept {
  if (each.first == nullptr) return;
  if (const auto untold = each.length % told_together; untold != 0)
    each.last_of->tell(intake_, untold);
  intake_.posted(each.length);
  std::exchange(each, {}).first->post();
}

}  // namespace mainstem::detail
