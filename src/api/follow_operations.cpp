// SPDX-License-Identifier: Apache-2.0
#include "api/follow_operations.h"

namespace mainstem::detail {

void waiting_operation::wait_for(position at) noexcept {
  using added = engine::position_watch::added;
  const auto pass = store().enter();
  if (!pass) return end(pass.error());
  const operation_pointer self(this);
  self_ = self;
  switch (store().watch().add(*this, at, store().log())) {
    case added::reached: self_.reset(); return look_again();
    case added::ended: self_.reset(); return end(error(errc::store_closed));
    case added::waiting: break;
  }
  // Looked at after adding: who cancels or fails first finds nobody to tell.
  const auto failed = cancelled_ ? std::optional(error(canceled())) : store().failure();
  if (!failed || !store().watch().remove(*this)) return;
  self_.reset();
  end(*failed);
}

void waiting_operation::wake() noexcept {
  const auto self = std::move(self_);
  look_again();
}

void waiting_operation::cancel(cancel_request /*wish*/) noexcept {
  cancelled_ = true;
  if (!store().watch().remove(*this)) return;
  const auto self = std::move(self_);
  end(error(canceled()));
}

void wait_operation::look_again() noexcept {
  store_->log().durable() >= at_ ? finish({}) : wait_for(at_);
}

void wait_operation::finish(const result<void>& answer) noexcept {
  set_answer<void>(*handler_, answer);
  handler_->post();
}

void next_operation::start(operation_pointer /*self*/) {
  if (from_->use().try_begin()) return schedule();
  handler_->set(make_error_code(errc::invalid_argument));
  handler_->post();
}

void next_operation::schedule() {
  const auto pass = store().enter();
  if (!pass) return finish(pass.error());
  const auto posted = attempt([this]() -> result<void> {
    store().workers().post(
        [self = operation_pointer(this)] { static_cast<next_operation&>(*self).read(); });
    return {};
  });
  if (!posted) finish(posted.error());
}

void next_operation::read() {
  if (is_cancelled()) return finish(error(canceled()));
  auto batch = from_->read();
  if (!batch || !batch->empty()) return finish(std::move(batch));
  from_->caught_up() ? wait_for(from_->awaited()) : schedule();
}

void next_operation::finish(result<event_batch> answer) noexcept {
  answer = from_->note(std::move(answer));
  from_->use().end();
  set_answer(*handler_, std::move(answer));
  handler_->post();
}

}  // namespace mainstem::detail
