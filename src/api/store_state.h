// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <mainstem/store.h>

#include "api/thread_waiter.h"
#include "api/usage_gate.h"
#include "api/worker_pool.h"
#include "engine/position_watch.h"
#include "engine/published_log.h"
#include "index/kept_state.h"
#include "os/fork_guard.h"

namespace mainstem::detail {

class append_operation;

/// What a store object is made of.
///
/// Every call goes through the gate, and the log may be looked at only inside: closing waits until
/// nobody is.
class store_state : public std::enable_shared_from_this<store_state> {
 public:
  explicit store_state(std::size_t reader_threads) noexcept : workers_(reader_threads) {}
  virtual ~store_state() = default;
  store_state(const store_state&) = delete;
  store_state& operator=(const store_state&) = delete;

  /// Errors: store_closed, forked_process.
  [[nodiscard]] result<usage_gate::pass> enter() const;
  [[nodiscard]] bool was_forked() const noexcept {
    return generation_ != os::current_fork_generation();
  }

  [[nodiscard]] virtual const engine::published_log& log() const noexcept = 0;
  [[nodiscard]] virtual const recovery_report& report() const noexcept = 0;
  /// Why nothing more becomes durable; nothing if it may. Inside the gate.
  [[nodiscard]] virtual std::optional<error> failure() const = 0;

  [[nodiscard]] virtual result<append_outcome> append(const append_request& request,
                                                      const append_options& options) = 0;
  /// Sees to it that the operation completes, later and elsewhere.
  virtual void start_append(boost::intrusive_ptr<append_operation> operation) = 0;
  [[nodiscard]] virtual result<void> flush() = 0;
  [[nodiscard]] virtual store_info info() = 0;
  /// True for a store that was opened for reading alone.
  [[nodiscard]] virtual bool is_read_only() const noexcept = 0;
  /// The folder of the store. Inside the gate.
  [[nodiscard]] virtual const std::string& path() const = 0;
  /// What cannot be made anew from the log. Inside the gate. Errors: those of store::checkpoint().
  [[nodiscard]] virtual result<index::kept_state*> kept() = 0;
  /// Turns newcomers away, wakes those who wait, waits until nobody is inside, and ends.
  [[nodiscard]] result<void> close();

  /// Returns when the position is durable. Inside the gate.
  /// Errors: those of wait_limit::exceeded() and of failure(); store_closed.
  [[nodiscard]] result<void> wait_durable(position wanted, const wait_limit& limit) const;
  [[nodiscard]] engine::position_watch& watch() const noexcept { return watch_; }
  /// Inside the gate.
  [[nodiscard]] worker_pool& workers() const noexcept { return workers_; }

 protected:
  /// Once, with nobody inside the gate.
  [[nodiscard]] virtual result<void> end() = 0;

 private:
  std::uint64_t generation_ = os::current_fork_generation();
  mutable usage_gate gate_;
  mutable engine::position_watch watch_;
  mutable worker_pool workers_;
};

}  // namespace mainstem::detail
