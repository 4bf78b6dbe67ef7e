// SPDX-License-Identifier: Apache-2.0
#include <mainstem/store.h>

#include "api/kept_access.h"
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

}  // namespace

result<void> store::save_checkpoint(std::string_view consumer, position at) {
  if (auto checked = check_name(consumer); !checked) return checked;
  return detail::with_kept<void>(state_.get(), [&](auto& kept) -> result<void> {
    if (at > state_->log().durable()) {
      return error(errc::invalid_argument, "position " + std::to_string(at.value()) +
                                               " is not durable: the log is at " +
                                               std::to_string(state_->log().durable().value()));
    }
    return kept.save_checkpoint(consumer, at);
  });
}

result<std::optional<position>> store::checkpoint(std::string_view consumer) const {
  return detail::with_kept<std::optional<position>>(
      state_.get(), [&](auto& kept) { return kept.checkpoint(consumer); });
}

result<std::vector<consumer_checkpoint>> store::checkpoints() const {
  auto rows = detail::with_kept<std::vector<index::kept_state::consumer_row>>(
      state_.get(), [](auto& kept) { return kept.checkpoints(); });
  if (!rows) return rows.error();
  return attempt([&]() -> result<std::vector<consumer_checkpoint>> {
    std::vector<consumer_checkpoint> list;
    for (auto& each : *rows) list.push_back({std::move(each.consumer), each.at});
    return list;
  });
}

result<void> store::forget_checkpoint(std::string_view consumer) {
  if (auto checked = check_name(consumer); !checked) return checked;
  return detail::with_kept<void>(state_.get(),
                                 [&](auto& kept) { return kept.forget_checkpoint(consumer); });
}

}  // namespace mainstem
