// SPDX-License-Identifier: Apache-2.0
#include "engine/position_watch.h"

namespace mainstem::engine {

position_watch::added position_watch::add(waiter& who, position wanted, const published_log& log) {
  const std::lock_guard guard(mutex_);
  if (ended_) return added::ended;
  // Counted first: either this load sees what is published, or notify() sees the count.
  count_.fetch_add(1, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (log.durable() >= wanted) {
    count_.fetch_sub(1, std::memory_order_relaxed);
    return added::reached;
  }
  who.wanted_ = wanted;
  who.waiting_ = true;
  waiters_.insert(who);
  return added::waiting;
}

bool position_watch::remove(waiter& who) noexcept {
  const std::lock_guard guard(mutex_);
  if (!who.waiting_) return false;
  who.waiting_ = false;
  waiters_.erase(waiters_.iterator_to(who));
  count_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void position_watch::notify(position durable) noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (count_.load(std::memory_order_seq_cst) != 0) wake_through(durable);
}

void position_watch::wake_all() noexcept { wake_through(position::max()); }

void position_watch::end() noexcept {
  {
    const std::lock_guard guard(mutex_);
    ended_ = true;
  }
  wake_all();
}

void position_watch::wake_through(position last) noexcept {
  waiter_set reached;
  {
    const std::lock_guard guard(mutex_);
    while (!waiters_.empty() && waiters_.begin()->wanted_ <= last) {
      waiter& who = *waiters_.begin();
      waiters_.erase(waiters_.begin());
      who.waiting_ = false;
      count_.fetch_sub(1, std::memory_order_relaxed);
      reached.insert(reached.end(), who);
    }
  }
  while (!reached.empty()) {
    waiter& who = *reached.begin();
    reached.erase(reached.begin());
    who.wake();
  }
}

}  // namespace mainstem::engine
