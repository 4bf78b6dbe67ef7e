// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include <boost/intrusive/set.hpp>

#include <mainstem/types.h>

#include "engine/published_log.h"

namespace mainstem::engine {

/// Who waits for positions to become durable, in the order of what they wait for.
///
/// Nobody polls: whoever publishes calls notify(), which costs one load while nobody waits.
/// Thread safety: safe.
class position_watch {
 public:
  /// Somebody who waits. Not destroyed while it is added and neither woken nor removed.
  class waiter : public boost::intrusive::set_base_hook<> {
   public:
    waiter() noexcept = default;
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    virtual ~waiter() = default;

    /// Called once for each add() that answered `waiting` and was not taken back, with nothing
    /// locked, by whoever publishes: so it does not block. The waiter may be gone when it returns.
    virtual void wake() noexcept = 0;

    /// What it waits for.
    [[nodiscard]] position wanted() const noexcept { return wanted_; }

   private:
    friend class position_watch;
    position wanted_;
    bool waiting_ = false;
  };

  enum class added {
    waiting,  ///< It will be woken: the position is durable then, or it is time to look again.
    reached,  ///< The position is durable already.
    ended,    ///< Nothing is published any more.
  };
  [[nodiscard]] added add(waiter& who, position wanted, const published_log& log);
  /// @returns false if it has been woken, or is about to be.
  [[nodiscard]] bool remove(waiter& who) noexcept;

  /// Wakes those who wait for a position up to `durable`, which has been published.
  void notify(position durable) noexcept;
  /// Wakes everybody: there is something else to see.
  void wake_all() noexcept;
  /// The same, and later waiters are turned away.
  void end() noexcept;

 private:
  struct by_position {
    using type = mainstem::position;
    type operator()(const waiter& who) const noexcept { return who.wanted_; }
  };
  using waiter_set =
      boost::intrusive::multiset<waiter, boost::intrusive::key_of_value<by_position>>;

  void wake_through(position last) noexcept;

  std::mutex mutex_;
  std::atomic<std::size_t> count_{0};
  waiter_set waiters_;
  bool ended_ = false;
};

}  // namespace mainstem::engine
