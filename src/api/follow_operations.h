// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include <mainstem/detail/pending.h>

#include "api/readers.h"
#include "api/store_state.h"
#include "api/subscription_state.h"
#include "base/attempt.h"
#include "engine/position_watch.h"

namespace mainstem::detail {

/// Waits for a position. No thread does: whoever makes the position durable calls.
class waiting_operation : public operation, private engine::position_watch::waiter {
 public:
  void cancel(cancel_request wish) noexcept override;

 protected:
  /// Calls look_again() when the position is durable, maybe at once; end() if it will not be.
  void wait_for(position at) noexcept;
  [[nodiscard]] bool is_cancelled() const noexcept { return cancelled_; }

  [[nodiscard]] virtual const store_state& store() const noexcept = 0;
  /// Inside the store's gate, or called by its closing, which waits until nobody is.
  virtual void look_again() noexcept = 0;
  virtual void end(const error& why) noexcept = 0;

 private:
  void wake() noexcept override;

  std::atomic<bool> cancelled_{false};
  operation_pointer self_;  // While it is added to the watch.
};

class wait_operation final : public waiting_operation {
 public:
  wait_operation(std::shared_ptr<const store_state> store, position at,
                 pending_answer<void>* handler) noexcept
      : store_(std::move(store)), at_(at), handler_(handler) {}

  void start(operation_pointer /*self*/) override { wait_for(at_); }

 private:
  [[nodiscard]] const store_state& store() const noexcept override { return *store_; }
  void look_again() noexcept override;
  void end(const error& why) noexcept override { finish(why); }
  void finish(const result<void>& answer) noexcept;

  std::shared_ptr<const store_state> store_;
  position at_;
  pending_answer<void>* handler_;
};

/// Reads on in a subscription, slice by slice in the threads for reading, and waits in between.
class next_operation final : public waiting_operation {
 public:
  next_operation(std::shared_ptr<subscription_state> from,
                 pending_answer<event_batch>* handler) noexcept
      : from_(std::move(from)), handler_(handler) {}

  void start(operation_pointer self) override;

 private:
  [[nodiscard]] const store_state& store() const noexcept override { return from_->store(); }
  void look_again() noexcept override { schedule(); }
  void end(const error& why) noexcept override { finish(why); }
  void schedule();
  void read();
  void finish(result<event_batch> answer) noexcept;

  std::shared_ptr<subscription_state> from_;
  pending_answer<event_batch>* handler_;
};

/// One next() of a stream_reader or a log_reader, in a thread for reading.
template <class Reader>
class read_operation final : public operation {
 public:
  read_operation(std::shared_ptr<Reader> from, pending_answer<event_batch>* handler) noexcept
      : from_(std::move(from)), handler_(handler) {}

  void start(operation_pointer /*self*/) override {
    if (!from_->use().try_begin()) return post(error(errc::invalid_argument));
    const auto pass = from_->store().enter();
    if (!pass) return finish(pass.error());
    const auto posted = attempt([this]() -> result<void> {
      from_->store().workers().post(
          [self = operation_pointer(this)] { static_cast<read_operation&>(*self).read(); });
      return {};
    });
    if (!posted) finish(posted.error());
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
