// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <mainstem/read.h>

#include "api/answers.h"
#include "api/store_state.h"
#include "engine/log_cursor.h"
#include "engine/stream_cursor.h"

namespace mainstem::detail {

/// What a reader is made of: a cursor of the engine, and the store that it reads.
template <class Cursor>
class reader_state {
 public:
  /// `arguments` are those of the cursor, without the log.
  template <class... Arguments>
  explicit reader_state(std::shared_ptr<const store_state> store, const Arguments&... arguments)
      : store_(std::move(store)) {
    // A store that was closed has no log any more.
    if (const auto pass = store_->enter()) cursor_.emplace(store_->log(), arguments...);
  }

  [[nodiscard]] result<event_batch> next() { return note(read()); }
  /// Notes an answer for last_error().
  [[nodiscard]] result<event_batch> note(result<event_batch> answer) {
    last_error_ = answer ? error() : answer.error();
    return answer;
  }
  [[nodiscard]] const error& last_error() const noexcept { return last_error_; }
  [[nodiscard]] const store_state& store() const noexcept { return *store_; }
  [[nodiscard]] single_use& use() noexcept { return use_; }

 private:
  [[nodiscard]] result<event_batch> read() {
    const auto pass = store_->enter();
    if (!pass) return pass.error();
    return cursor_->next();
  }

  std::shared_ptr<const store_state> store_;
  std::optional<Cursor> cursor_;
  error last_error_;
  single_use use_;
};

class stream_read final : public reader_state<engine::stream_cursor> {
  using reader_state::reader_state;
};
class log_read final : public reader_state<engine::log_cursor> {
  using reader_state::reader_state;
};

/// For readers that were moved from.
[[nodiscard]] inline const error& moved_from_error() noexcept {
  static const error closed(errc::store_closed);
  return closed;
}

}  // namespace mainstem::detail
