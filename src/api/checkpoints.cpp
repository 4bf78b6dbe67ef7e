// SPDX-License-Identifier: Apache-2.0
#include <mainstem/store.h>

#include "api/store_state.h"
#include "base/text.h"

// Named checkpoints: store::save_checkpoint() and the functions beside it.
namespace mainstem {
namespace {

result<void> check_name(std::string_view consumer) {
  if (auto flaw = name_flaw(consumer); !flaw.empty())
    return error(errc::invalid_argument, "the name of a consumer: " + flaw);
  if (consumer.front() == '$')
    return error(errc::invalid_argument, "names of consumers that begin with $ are the system's");
  return {};
}

/// Calls `use(checkpoints)` inside the store's gate.
template <class Answer, class Use>
result<Answer> with_checkpoints(detail::store_state* state, Use&& use) {
  if (state == nullptr) return errc::store_closed;
  const auto pass = state->enter();
  if (!pass) return pass.error();
  auto all = state->checkpoints();
  if (!all) return all.error();
  return use(**all);
}

}  // namespace

result<void> store::save_checkpoint(std::string_view consumer, position at) {
  if (auto checked = check_name(consumer); !checked) return checked;
  return with_checkpoints<void>(state_.get(), [&](auto& all) -> result<void> {
    if (at > state_->log().durable()) {
      return error(errc::invalid_argument, "position " + std::to_string(at.value()) +
                                               " is not durable: the log is at " +
                                               std::to_string(state_->log().durable().value()));
    }
    return all.save(consumer, at);
  });
}

result<std::optional<position>> store::checkpoint(std::string_view consumer) const {
  return with_checkpoints<std::optional<position>>(state_.get(),
                                                   [&](auto& all) { return all.find(consumer); });
}

result<std::vector<consumer_checkpoint>> store::checkpoints() const {
  using checkpoint_list = std::vector<consumer_checkpoint>;
  return with_checkpoints<checkpoint_list>(state_.get(), [](auto& all) -> result<checkpoint_list> {
    auto found = all.all();
    if (!found) return found.error();
    checkpoint_list list;
    for (auto& each : *found) list.push_back({std::move(each.consumer), each.at});
    return list;
  });
}

result<void> store::forget_checkpoint(std::string_view consumer) {
  if (auto checked = check_name(consumer); !checked) return checked;
  return with_checkpoints<void>(state_.get(), [&](auto& all) { return all.forget(consumer); });
}

}  // namespace mainstem
