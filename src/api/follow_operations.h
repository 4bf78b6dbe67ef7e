// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include <mainstem/detail/pending.h>

#include "api/readers.h"
#include "api/store_state.h"
#include "api/subscription_state.h"
#include "engine/position_watch.h"

namespace mainstem::detail {

/// Waits for a position. No thread does: whoever makes the position durable posts the handler.
class wait_operation final : public operation, private engine::position_watch::waiter {
 public:
  wait_operation(std::shared_ptr<const store_state> store, position at,
                 pending_answer<void>* handler) noexcept
      : store_(std::move(store)), at_(at), handler_(handler) {}

  void start() override;
  void cancel(cancel_request wish) noexcept override;

 private:
  void wake() noexcept override;
  void wait_on() noexcept;
  void finish(const result<void>& answer) noexcept;

  std::shared_ptr<const store_state> store_;
  position at_;
  pending_answer<void>* handler_;
  std::atomic<bool> cancelled_{false};
  std::shared_ptr<operation> self_;  // While it is added to the watch.
};

/// Reads on in a subscription, slice by slice in the threads for reading, and waits in between.
class next_operation final : public operation, private engine::position_watch::waiter {
 public:
  next_operation(std::shared_ptr<subscription_state> from,
                 pending_answer<event_batch>* handler) noexcept
      : from_(std::move(from)), handler_(handler) {}

  void start() override;
  void cancel(cancel_request wish) noexcept override;

 private:
  void wake() noexcept override;
  void schedule();
  void read();
  void wait_on();
  void finish(result<event_batch> answer) noexcept;

  std::shared_ptr<subscription_state> from_;
  pending_answer<event_batch>* handler_;
  std::atomic<bool> cancelled_{false};
  std::shared_ptr<operation> self_;  // While it is added to the watch.
};

/// One next() of a stream_reader or a log_reader, in a thread for reading.
template <class Reader>
class read_operation final : public operation {
 public:
  read_operation(std::shared_ptr<Reader> from, pending_answer<event_batch>* handler) noexcept
      : from_(std::move(from)), handler_(handler) {}

  void start() override {
    if (!from_->use().try_begin()) return post(error(errc::invalid_argument));
    const auto pass = from_->store().enter();
    if (!pass) return finish(pass.error());
    from_->store().workers().post(
        [self = shared_from_this()] { static_cast<read_operation&>(*self).read(); });
  }
  void cancel(cancel_request /*wish*/) noexcept override { cancelled_ = true; }

 private:
  void read() { finish(cancelled_ ? result<event_batch>(error(canceled())) : from_->next()); }
  void finish(result<event_batch> answer) noexcept {
    answer = from_->note(std::move(answer));
    from_->use().end();
    post(std::move(answer));
  }
  void post(result<event_batch> answer) noexcept {
    set_answer(*handler_, std::move(answer));
    handler_->post();
  }

  std::shared_ptr<Reader> from_;
  pending_answer<event_batch>* handler_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace mainstem::detail
