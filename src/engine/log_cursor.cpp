// SPDX-License-Identifier: Apache-2.0
#include "engine/log_cursor.h"

#include <algorithm>
#include <limits>

#include "base/advice.h"
#include "base/attempt.h"
#include "format/event_access.h"

namespace mainstem::engine {

log_cursor::log_cursor(const published_log& log, const read_all_options& options,
                       std::uint64_t scan_limit)
    : log_(log),
      options_(options),
      scan_limit_(scan_limit),
      remaining_(options.limit),
      after_(options.after),
      before_(options.before),
      examined_(options.after),
      walker_(log) {}

result<event_batch> log_cursor::next() {
  const position after = passed();
  const position before = undelivered_before();
  const std::uint64_t remaining = remaining_;
  auto batch = attempt([this] { return read(); });
  if (!batch && batch.error() == errc::out_of_memory) go_back(after, before, remaining);
  return batch;
}

/// Backwards: everything that is still to come lies below this, what was fetched already included.
position log_cursor::undelivered_before() const noexcept {
  std::size_t left = block_left_;
  for (auto each = block_.rbegin(); each != block_.rend(); ++each) {
    if (each != block_.rbegin()) left = each->size();
    if (left != 0) return position(each->events()[left - 1].position().value() + 1);
  }
  return before_;
}

/// As if nothing had been read behind `after`, or above `before`.
void log_cursor::go_back(position after, position before, std::uint64_t remaining) noexcept {
  remaining_ = remaining;
  open_.reset();
  sought_ = false;
  if (options_.direction == direction::forwards) {
    after_ = examined_ = after;
  } else {
    before_ = before;
    block_.clear();
    block_left_ = 0;
    pending_errors_.clear();
  }
}

result<event_batch> log_cursor::read() {
  if (options_.direction == direction::forwards && !pending_errors_.empty())
    return take_pending_error();
  return options_.direction == direction::forwards ? next_forwards() : next_backwards();
}

bool log_cursor::wanted(std::string_view stream, std::string_view type) const noexcept {
  if (!options_.category.empty() && category_of(stream) != options_.category) return false;
  return options_.types.empty() ||
         std::find(options_.types.begin(), options_.types.end(), type) != options_.types.end();
}

result<event_batch> log_cursor::next_forwards() {
  batch_builder batch;
  // The position first: it has no event in a segment that is not in the list.
  position last = log_.visible(options_.visibility);
  if (before_ <= last) last = before_ == position{} ? before_ : position(before_.value() - 1);
  walker_.refresh();
  scanned_ = 0;
  at_end_ = last <= after_;
  if (at_end_) return batch.take();
  if (!sought_) {
    if (auto sought = walker_.seek(position(after_.value() + 1)); !sought) return sought.error();
    sought_ = true;
  }
  while (remaining_ > 0 && !at_end_ && scanned_ < scan_limit_ && !batch.is_full(options_.batch)) {
    auto step = open_ ? drain_frame(batch, last) : open_next_frame(last);
    if (step) continue;
    if (batch.size() == 0) return examined_damage(step.error());
    pending_errors_.push_back(step.error());
    break;
  }
  if (at_end_) examined_ = last;
  return batch.take();
}

error log_cursor::examined_damage(error what) {
  if (what.info().last_position) examined_ = position(*what.info().last_position);
  return what;
}

error log_cursor::take_pending_error() {
  error first = std::move(pending_errors_.front());
  pending_errors_.pop_front();
  return examined_damage(std::move(first));
}

result<void> log_cursor::open_next_frame(position last) {
  auto found = walker_.next(last);
  if (!found) return found.error();
  if (!*found) {
    at_end_ = true;
    return {};
  }
  // Where a log is damaged, positions that were passed may stand there once more.
  if ((*found)->prefix.last_position() <= passed().value()) return {};
  open_frame_state state;
  state.frame = std::move(**found);
  open_ = std::move(state);
  const auto& prefix = open_->frame.prefix;
  const auto body = open_->frame.bytes.bytes.subspan(format::prefix_bytes(prefix.stream_count));
  auto table = format::decode_stream_table(body, prefix.stream_count, prefix.body_digest);
  if (!table ||
      (open_->frame.damaged && !format::verify_versions(prefix, open_->frame.bytes.bytes))) {
    return damaged_rest("the names or versions of a commit do not carry their checksum");
  }
  open_->table = std::move(*table);
  open_->records.emplace(body, open_->table.size_bytes, prefix.body_digest);
  return {};
}

error log_cursor::damaged_rest(const char* what) {
  const auto& frame = open_->frame;
  error_info info{
      .detail = advised(what), .path = frame.segment->file().path(), .offset = frame.offset};
  info.first_position =
      std::max(frame.prefix.first_position + open_->next_ordinal, after_.value() + 1);
  info.last_position = frame.prefix.last_position();
  open_.reset();
  return {errc::corrupt_data, std::move(info)};
}

result<void> log_cursor::drain_frame(batch_builder& batch, position last) {
  const auto& prefix = open_->frame.prefix;
  const auto frame = open_->frame.bytes.bytes;
  while (open_->next_ordinal < prefix.event_count) {
    if (remaining_ == 0 || batch.is_full(options_.batch)) return {};
    const position at(prefix.first_position + open_->next_ordinal);
    // The whole frame was verified when it was opened, unless something in it is damaged.
    const auto record = open_->records->next(false);
    if (!record || record->ordinal != open_->next_ordinal ||
        record->stream_index >= open_->table.names.size()) {
      return damaged_rest("an event of a commit is damaged, and with it where the next one begins");
    }
    ++open_->next_ordinal;
    ++scanned_;
    if (at <= passed() || at > last) continue;
    if (open_->frame.damaged && !format::verify_record(*record, prefix.body_digest)) {
      error_info info{.detail = advised("the event does not carry its checksum"),
                      .path = open_->frame.segment->file().path(),
                      .offset = open_->frame.offset +
                                static_cast<std::uint64_t>(record->bytes.data() - frame.data())};
      info.first_position = info.last_position = at.value();
      return {errc::corrupt_data, std::move(info)};
    }
    examined_ = at;
    const std::string_view stream = open_->table.names[record->stream_index];
    if (!wanted(stream, record->type)) continue;
    batch.add(detail::event_access::make_view(
        at, version(format::first_version_of(frame, record->stream_index) + record->stream_ordinal),
        prefix.timestamp, stream, *record));
    batch.keep(open_->frame.bytes.owner);
    batch.count_bytes(record->payload.size() + record->metadata.size());
    --remaining_;
  }
  open_.reset();
  return {};
}

result<event_batch> log_cursor::next_backwards() {
  const position visible = log_.visible(options_.visibility);
  if (before_ > visible) before_ = position(visible.value() + 1);
  batch_builder batch;
  while (remaining_ > 0 && !batch.is_full(options_.batch)) {
    if (block_.empty()) {
      if (!pending_errors_.empty() || before_ <= after_ || before_.value() - after_.value() == 1)
        break;
      if (auto fetched = fetch_block(position(before_.value() - 1)); !fetched)
        return fetched.error();
      continue;
    }
    if (block_left_ == 0) {
      block_.pop_back();
      if (!block_.empty()) block_left_ = block_.back().size();
      continue;
    }
    const event_view& view = block_.back().events()[--block_left_];
    batch.add(view);
    batch.keep(detail::event_access::owner_of(block_.back()));
    batch.count_bytes(view.payload().size() + view.metadata().size());
    --remaining_;
  }
  if (batch.size() == 0 && !pending_errors_.empty()) return take_pending_error();
  return batch.take();
}

// Frames can only be walked forwards, so a stretch between two known frames is read and then given
// from its end.
result<void> log_cursor::fetch_block(position last) {
  const auto segments = log_.segments();
  const auto behind = std::upper_bound(
      segments->begin(), segments->end(), last,
      [](position at, const auto& segment) { return at < segment->first_position(); });
  std::uint64_t first = 1;  // Before the first segment nothing can be read: going forwards says so.
  if (behind != segments->begin()) {
    const log::segment& segment = **(behind - 1);
    auto table = segment.sparse_table();
    if (!table) return table.error();
    const auto entry = std::upper_bound(
        table->begin(), table->end(), last.value(),
        [](std::uint64_t at, const log::sparse_entry& e) { return at < e.position; });
    first = entry == table->begin() ? segment.first_position().value() : (entry - 1)->position;
  }

  read_all_options stretch = options_;
  stretch.direction = direction::forwards;
  stretch.after = std::max(after_, position(first - 1));
  stretch.before = position(last.value() + 1);
  stretch.limit = no_limit;
  stretch.batch = {std::numeric_limits<std::size_t>::max(),
                   std::numeric_limits<std::size_t>::max()};
  log_cursor forwards(log_, stretch);
  before_ = position(first);
  for (;;) {
    auto batch = forwards.next();
    if (!batch) {
      // The last one first: the reader goes backwards.
      pending_errors_.push_front(batch.error());
      // One that does not say where it ends might be given for ever.
      if (!(batch.error() == errc::corrupt_data) || !batch.error().info().last_position) break;
      continue;
    }
    if (batch->empty()) break;
    block_.push_back(std::move(*batch));
  }
  if (!block_.empty()) block_left_ = block_.back().size();
  return {};
}

result<std::optional<event>> read_position(const published_log& log, position at,
                                           position visible) {
  if (at == position{} || at > visible) return std::optional<event>();
  read_all_options one;
  one.after = position(at.value() - 1);
  one.before = position(at.value() + 1);
  one.visibility = visibility::written;
  one.limit = 1;
  auto batch = log_cursor(log, one).next();
  if (!batch) return batch.error();
  if (batch->empty()) return std::optional<event>();
  return std::optional(detail::event_access::first_of(*batch));
}

}  // namespace mainstem::engine
