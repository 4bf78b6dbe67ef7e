// SPDX-License-Identifier: Apache-2.0
#include "engine/subscription_cursor.h"

#include <algorithm>

#include "base/attempt.h"
#include "format/event_access.h"

namespace mainstem::engine {
namespace {

// A filter may match nothing for long. Whoever drives the cursor gets to look up after this much.
constexpr std::uint64_t slice_events = 64U << 10U;

std::variant<log_cursor, stream_cursor> make_cursor(const published_log& log,
                                                    const subscription_options& options) {
  if (options.stream) {
    read_stream_options stream;
    stream.batch = options.batch;
    return stream_cursor(log, *options.stream, stream);
  }
  read_all_options all;
  all.after = options.after;
  all.category = options.category;
  all.types = options.types;
  all.batch = options.batch;
  return log_cursor(log, all, slice_events);
}

}  // namespace

subscription_cursor::subscription_cursor(const published_log& log,
                                         const subscription_options& options)
    : options_(options), position_(options.after), cursor_(make_cursor(log, options)) {}

result<event_batch> subscription_cursor::next() {
  caught_up_ = false;
  if (unfiltered_) return filter();
  return std::visit([this](auto& cursor) { return next_of(cursor); }, cursor_);
}

result<event_batch> subscription_cursor::next_of(log_cursor& cursor) {
  auto batch = cursor.next();
  position_ = std::max(position_, cursor.examined());
  caught_up_ = batch && batch->empty() && cursor.at_end();
  return batch;
}

result<event_batch> subscription_cursor::next_of(stream_cursor& cursor) {
  if (!sought_) {
    if (auto skipped = cursor.skip_through(options_.after); !skipped) return skipped.error();
    sought_ = true;
  }
  auto batch = cursor.next();
  if (!batch) {
    if (const auto damaged = batch.error().info().last_position)
      position_ = std::max(position_, mainstem::position(*damaged));
    return batch;
  }
  if (batch->empty()) {
    position_ = std::max(position_, cursor.horizon());
    caught_up_ = true;
    return batch;
  }
  unfiltered_ = std::move(*batch);
  return filter();
}

// What was read stays until it is delivered: the cursor has gone on.
result<event_batch> subscription_cursor::filter() {
  return attempt([this]() -> result<event_batch> {
    const auto events = std::as_const(*unfiltered_).events();
    const auto is_wanted = [this](const event_view& each) { return is_followed(each); };
    const mainstem::position last = events.back().position();
    batch_builder followed;
    if (!std::ranges::all_of(events, is_wanted)) {
      for (const event_view& event : events)
        if (is_wanted(event)) followed.add(event);
      followed.keep(detail::event_access::owner_of(*unfiltered_));
      unfiltered_ = followed.take();
    }
    position_ = std::max(position_, last);
    event_batch delivered = std::move(*unfiltered_);
    unfiltered_.reset();
    return delivered;
  });
}

bool subscription_cursor::is_followed(const event_view& event) const noexcept {
  if (event.position() <= options_.after) return false;
  return options_.types.empty() ||
         std::ranges::find(options_.types, event.type()) != options_.types.end();
}

}  // namespace mainstem::engine
