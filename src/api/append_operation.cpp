// SPDX-License-Identifier: Apache-2.0
#include "api/append_operation.h"

#include <utility>

#include "api/answers.h"
#include "api/append_intake.h"
#include "api/store_state.h"

namespace mainstem::detail {

append_operation::~append_operation() {
  if (told_ != nullptr) told_->heard(answers_);
}

void append_operation::start(operation_pointer self) {
  store_->start_append(boost::static_pointer_cast<append_operation>(std::move(self)));
}

void append_operation::cancel(cancel_request wish) noexcept {
  stage expected = stage::waiting;
  if (stage_.compare_exchange_strong(expected, stage::finished)) {
    handler_->set(canceled());
    handler_->post();
    return;
  }
  if (expected != stage::submitted || wish == cancel_request::total) return;
  if (!stage_.compare_exchange_strong(expected, stage::finished)) return;
  handler_->set(make_error_code(errc::outcome_unknown));
  handler_->post();
}

bool append_operation::submit() noexcept {
  stage expected = stage::waiting;
  return stage_.compare_exchange_strong(expected, stage::submitted);
}

bool append_operation::take_back() noexcept {
  stage expected = stage::submitted;
  return stage_.compare_exchange_strong(expected, stage::waiting);
}

pending* append_operation::finish(result<append_outcome> answer) noexcept {
  if (stage_.exchange(stage::finished) == stage::finished) return nullptr;
  if (answer) {
    handler_->set(std::move(*answer));
  } else {
    handler_->set(answer.error().code());
  }
  return handler_;
}

void append_operation::complete(result<append_outcome> answer) noexcept {
  if (pending* const handler = finish(std::move(answer))) handler->post();
}

}  // namespace mainstem::detail
