// SPDX-License-Identifier: Apache-2.0
#include <mainstem/subscription.h>

#include "api/subscription_state.h"
#include "base/attempt.h"

namespace mainstem {
namespace detail {

result<event_batch> subscription_state::read() {
  const auto pass = store_->enter();
  if (!pass) return pass.error();
  return attempt([this] { return cursor_.next(); });
}

result<event_batch> subscription_state::note(result<event_batch> answer) {
  last_error_ = answer ? error() : answer.error();
  return answer;
}

result<event_batch> subscription_state::try_next() {
  for (;;) {
    auto batch = read();
    if (!batch || !batch->empty() || caught_up()) return batch;
  }
}

result<event_batch> subscription_state::next(const wait_limit& limit) {
  if (limit.stop.stop_requested()) return *limit.exceeded();
  for (;;) {
    auto batch = read();
    if (!batch || !batch->empty()) return batch;
    if (!caught_up()) {
      if (auto exceeded = limit.exceeded()) return *exceeded;
      continue;
    }
    const auto pass = store_->enter();
    if (!pass) return pass.error();
    if (auto waited = store_->wait_durable(awaited(), limit); !waited) return waited.error();
  }
}

}  // namespace detail

subscription::subscription(std::shared_ptr<detail::subscription_state> state) noexcept
    : state_(std::move(state)) {}
subscription::subscription(subscription&&) noexcept = default;
subscription& subscription::operator=(subscription&&) noexcept = default;
subscription::~subscription() = default;

result<event_batch> subscription::next(std::stop_token stop) {
  if (!state_) return errc::store_closed;
  return state_->note(state_->next({.stop = std::move(stop)}));
}

result<event_batch> subscription::next(std::chrono::nanoseconds timeout) {
  if (!state_) return errc::store_closed;
  return state_->note(state_->next(detail::wait_limit::after(timeout)));
}

result<event_batch> subscription::try_next() {
  if (!state_) return errc::store_closed;
  return state_->note(state_->try_next());
}

const error& subscription::last_error() const noexcept {
  static const error closed(errc::store_closed);
  return state_ ? state_->last_error() : closed;
}

position subscription::position() const noexcept {
  return state_ ? state_->position() : mainstem::position{};
}

}  // namespace mainstem
