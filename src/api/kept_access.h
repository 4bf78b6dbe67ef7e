// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <mainstem/error.h>

#include "api/store_state.h"
#include "base/attempt.h"
#include "engine/store_folder.h"

namespace mainstem::detail {

/// Calls `use(kept)`, a function from index::kept_state& to result<Answer>, inside the store's
/// gate.
///
/// @param state null: of a store that was moved from.
/// Errors: store_closed, forked_process, corrupt_state, and those of `use`.
template <class Answer, class Use>
[[nodiscard]] result<Answer> with_kept(store_state* state, Use&& use) {
  if (state == nullptr) return errc::store_closed;
  const auto pass = state->enter();
  if (!pass) return pass.error();
  return attempt([&]() -> result<Answer> {
    auto kept = state->kept();
    if (!kept) return engine::as_state_error(kept.error(), state->path());
    result<Answer> answer = std::forward<Use>(use)(**kept);
    if (!answer) return engine::as_state_error(answer.error(), state->path());
    return answer;
  });
}

}  // namespace mainstem::detail
