// SPDX-License-Identifier: Apache-2.0
#include "api/follow_operations.h"

namespace mainstem::detail {

using added = engine::position_watch::added;

void wait_operation::start() { wait_on(); }

void wait_operation::wait_on() noexcept {
  const auto pass = store_->enter();
  if (!pass) return finish(pass.error());
  const auto self = shared_from_this();
  self_ = self;
  switch (store_->watch().add(*this, at_, store_->log())) {
    case added::reached: return finish({});
    case added::ended: return finish(error(errc::store_closed));
    case added::waiting: break;
  }
  // Looked at after adding: who cancels or fails first finds nobody to tell.
  auto failed = cancelled_ ? std::optional(error(canceled())) : store_->failure();
  if (failed && store_->watch().remove(*this)) finish(*failed);
}

void wait_operation::wake() noexcept {
  // Woken by somebody inside the store, or by its closing, which waits until nobody is.
  if (store_->log().durable() >= at_) return finish({});
  wait_on();
}

void wait_operation::cancel(cancel_request /*wish*/) noexcept {
  cancelled_ = true;
  if (store_->watch().remove(*this)) finish(error(canceled()));
}

void wait_operation::finish(const result<void>& answer) noexcept {
  const auto self = std::move(self_);
  set_answer<void>(*handler_, answer);
  handler_->post();
}

void next_operation::start() {
  if (from_->use().try_begin()) return schedule();
  handler_->set(make_error_code(errc::invalid_argument));
  handler_->post();
}

void next_operation::schedule() {
  const auto pass = from_->store().enter();
  if (!pass) return finish(pass.error());
  from_->store().workers().post(
      [self = shared_from_this()] { static_cast<next_operation&>(*self).read(); });
}

void next_operation::read() {
  if (cancelled_) return finish(error(canceled()));
  auto batch = from_->read();
  if (!batch || !batch->empty()) return finish(std::move(batch));
  from_->caught_up() ? wait_on() : schedule();
}

void next_operation::wait_on() {
  const store_state& store = from_->store();
  const auto pass = store.enter();
  if (!pass) return finish(pass.error());
  const auto self = shared_from_this();
  self_ = self;
  switch (store.watch().add(*this, from_->awaited(), store.log())) {
    case added::reached: self_.reset(); return schedule();
    case added::ended: return finish(error(errc::store_closed));
    case added::waiting: break;
  }
  auto failed = cancelled_ ? std::optional(error(canceled())) : store.failure();
  if (failed && store.watch().remove(*this)) finish(*failed);
}

void next_operation::wake() noexcept {
  const auto self = std::move(self_);
  schedule();
}

void next_operation::cancel(cancel_request /*wish*/) noexcept {
  cancelled_ = true;
  if (from_->store().watch().remove(*this)) finish(error(canceled()));
}

void next_operation::finish(result<event_batch> answer) noexcept {
  const auto self = std::move(self_);
  answer = from_->note(std::move(answer));
  from_->use().end();
  set_answer(*handler_, std::move(answer));
  handler_->post();
}

}  // namespace mainstem::detail
