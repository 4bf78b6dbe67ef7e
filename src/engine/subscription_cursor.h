// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <variant>

#include <mainstem/subscription.h>

#include "engine/log_cursor.h"
#include "engine/stream_cursor.h"

namespace mainstem::engine {

/// Reads what a subscription follows, slice by slice, up to what is durable. It never waits:
/// whoever drives it waits for a position above position() once it has caught up.
class subscription_cursor {
 public:
  /// `options.after` is a position, and not from_now.
  subscription_cursor(const published_log& log, const subscription_options& options);

  /// Reads on for a bounded time. Without events, either caught_up(), or call it again.
  [[nodiscard]] result<event_batch> next();
  /// The last next() found nothing more up to position().
  [[nodiscard]] bool caught_up() const noexcept { return caught_up_; }
  /// Everything up to here was given, was reported damaged, or is not followed.
  [[nodiscard]] mainstem::position position() const noexcept { return position_; }

 private:
  [[nodiscard]] result<event_batch> next_of(log_cursor& cursor);
  [[nodiscard]] result<event_batch> next_of(stream_cursor& cursor);
  [[nodiscard]] result<event_batch> filter();
  [[nodiscard]] bool is_followed(const event_view& event) const noexcept;

  subscription_options options_;
  mainstem::position position_;
  bool caught_up_ = false;
  bool sought_ = false;  // The stream cursor stands behind options_.after.
  std::variant<log_cursor, stream_cursor> cursor_;
  std::optional<event_batch> unfiltered_;  // Read, and not delivered yet.
};

}  // namespace mainstem::engine
