// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <mainstem/read.h>

#include "api/store_state.h"
#include "engine/log_cursor.h"
#include "engine/stream_cursor.h"

namespace mainstem::detail {

/// What a stream_reader is made of.
class stream_read {
 public:
  stream_read(const store_state& store, const stream_name& stream,
              const read_stream_options& options)
      : store_(store) {
    // A store that was closed has no log any more.
    if (store.check_usable()) cursor_.emplace(store.log(), stream, options);
  }
  [[nodiscard]] result<event_batch> next() {
    if (auto usable = store_.check_usable(); !usable) return usable.error();
    return cursor_->next();
  }

 private:
  const store_state& store_;
  std::optional<engine::stream_cursor> cursor_;
};

/// What a log_reader is made of.
class log_read {
 public:
  log_read(const store_state& store, const read_all_options& options) : store_(store) {
    if (store.check_usable()) cursor_.emplace(store.log(), options);
  }
  [[nodiscard]] result<event_batch> next() {
    if (auto usable = store_.check_usable(); !usable) return usable.error();
    return cursor_->next();
  }

 private:
  const store_state& store_;
  std::optional<engine::log_cursor> cursor_;
};

}  // namespace mainstem::detail
