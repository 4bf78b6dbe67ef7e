// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/advice.h"
#include "engine/log_cursor.h"

namespace mainstem::engine {
namespace {

// What copied mode reads at a time.
constexpr std::uint64_t window_bytes = 256U << 10U;

}  // namespace

result<void> frame_walker::seek(position at) {
  if (segments_->empty()) return {};
  from_ = at;
  const auto behind = std::upper_bound(
      segments_->begin(), segments_->end(), at,
      [](position wanted, const auto& segment) { return wanted < segment->first_position(); });
  if (behind == segments_->begin()) gap_ = gap_before(*segments_->front(), at);
  index_ =
      behind == segments_->begin() ? 0 : static_cast<std::size_t>(behind - segments_->begin()) - 1;
  const log::segment& segment = *(*segments_)[index_];
  auto begin = find_begin(segment, at);
  if (!begin) return begin.error();
  offset_ = begin->offset;
  window_ = {};
  expected_ = position(begin->position);
  return {};
}

/// A frame of the segment at or before the one that holds `at`. What a table of positions says is
/// believed only if the frame says it, too: from a wrong place on, events would be passed over.
result<log::sparse_entry> frame_walker::find_begin(const log::segment& segment, position at) const {
  const log::sparse_entry start{segment.first_position().value(),
                                format::segment_header_layout::size};
  for (;;) {
    auto entry = segment.seek(at);
    if (!entry) return entry;
    if (entry->offset <= start.offset || entry->offset >= segment.end_offset()) return start;
    const auto bytes = segment.view(entry->offset, format::frame_prefix_layout::size);
    if (!bytes && !(bytes.error() == errc::corrupt_data)) return bytes.error();
    if (bytes) {
      const auto prefix = format::decode_fixed_prefix(
          bytes->bytes, segment.end_offset() - entry->offset, log_.store().secret, entry->offset);
      if (prefix && prefix->segment == segment.number() &&
          prefix->first_position == entry->position)
        return entry;
    }
    if (entry->position <= start.position || entry->position > at.value()) return start;
    at = position(entry->position - 1);
  }
}

result<std::span<const std::byte>> frame_walker::window_at(const log::segment& segment,
                                                           std::uint64_t wanted_bytes) {
  const std::uint64_t behind = window_offset_ + window_.bytes.size();
  if (offset_ >= window_offset_ && offset_ + wanted_bytes <= behind) {
    return window_.bytes.subspan(offset_ - window_offset_);
  }
  const std::uint64_t rest = segment.end_offset() - offset_;
  const std::uint64_t most = std::min(rest, std::max(window_bytes, wanted_bytes));
  auto view = segment.view(offset_, most);
  // Of a file that was cut off, what comes before can be read.
  if (!view && view.error() == errc::corrupt_data && wanted_bytes < most)
    view = segment.view(offset_, std::min(rest, wanted_bytes));
  if (!view) return view.error();
  window_ = std::move(*view);
  window_offset_ = offset_;
  return window_.bytes;
}

/// Recovery has left out what it could not read, unless the loss was accepted: whoever reads on
/// learns that here.
std::optional<error> frame_walker::gap_before(const log::segment& segment, position from) const {
  const position first = segment.first_position();
  if (first <= from || segment.header().loss_accepted()) return std::nullopt;
  error_info info{.detail = advised("the events before this segment are damaged or missing"),
                  .path = segment.file().path(),
                  .offset = 0};
  info.first_position = from.value();
  info.last_position = first.value() - 1;
  return error(errc::corrupt_data, std::move(info));
}

result<std::optional<frame_walker::found_frame>> frame_walker::next(position last) {
  if (gap_ && *gap_->info().first_position <= last.value())
    return *std::exchange(gap_, std::nullopt);
  while (index_ < segments_->size()) {
    const log::segment& segment = *(*segments_)[index_];
    if (offset_ >= segment.end_offset()) {
      if (index_ + 1 == segments_->size()) return std::optional<found_frame>();
      const log::segment& next = *(*segments_)[index_ + 1];
      auto gap = gap_before(next, std::max(expected_, from_));
      if (gap && expected_ > last) return std::optional<found_frame>();
      ++index_;
      offset_ = format::segment_header_layout::size;
      window_ = {};
      expected_ = std::max(expected_, next.first_position());
      if (gap) return *gap;
      continue;
    }
    if (expected_ > last) return std::optional<found_frame>();
    auto window = window_at(segment, format::frame_prefix_layout::size);
    if (!window) {
      if (auto lost = skip_rest(segment, last, window.error())) return *lost;
      continue;
    }
    auto prefix = format::decode_fixed_prefix(*window, segment.end_offset() - offset_,
                                              log_.store().secret, offset_);
    if (!prefix || !segment.may_hold(*prefix)) {
      if (auto lost = skip_damage(segment, last)) return *lost;
      continue;
    }
    if (prefix->kind != format::frame_kind::commit) {
      offset_ += prefix->length;
      continue;
    }
    // Frames of one segment follow each other without a gap.
    if (prefix->first_position > expected_.value()) {
      if (auto gap = lost_before(position(prefix->first_position),
                                 {.detail = "the events before this frame are missing",
                                  .path = segment.file().path(),
                                  .offset = offset_}))
        return *gap;
    }
    window = window_at(segment, prefix->length);
    if (!window) {
      if (auto lost = skip_rest(segment, last, window.error())) return *lost;
      continue;
    }
    found_frame frame;
    frame.prefix = *prefix;
    frame.bytes = {window->first(prefix->length), window_.owner};
    frame.damaged = !format::verify_commit(*prefix, frame.bytes.bytes);
    frame.segment = &segment;
    frame.offset = offset_;
    offset_ += prefix->length;
    expected_ = std::max(expected_, position(prefix->last_position() + 1));
    return std::optional(std::move(frame));
  }
  return std::optional<found_frame>();
}

/// Nothing of the segment can be read from here on, since its file has ended. Without going on
/// behind it, whoever reads on would be told so for ever.
std::optional<error> frame_walker::skip_rest(const log::segment& segment, position last,
                                             const error& why) {
  if (!(why == errc::corrupt_data)) return why;
  offset_ = segment.end_offset();
  window_ = {};
  return lost_before(position_behind(segment, last), why.info());
}

std::optional<error> frame_walker::skip_damage(const log::segment& segment, position last) {
  const std::uint64_t damaged_at = offset_;
  const std::uint64_t end = segment.end_offset();
  auto rest = segment.view(damaged_at, end - damaged_at);
  if (!rest) return skip_rest(segment, last, rest.error());
  const auto bytes = rest->bytes;
  position next_good = position_behind(segment, last);
  std::uint64_t at = format::find_frame_magic(bytes, format::alignment_bytes);
  for (; at < bytes.size(); at = format::find_frame_magic(bytes, at + format::alignment_bytes)) {
    const auto prefix =
        format::decode_prefix(bytes.subspan(at), log_.store().secret, damaged_at + at);
    if (!prefix || !segment.may_hold(*prefix) || prefix->first_position < expected_.value())
      continue;
    next_good = position(prefix->first_position);
    break;
  }
  offset_ = damaged_at + std::min<std::uint64_t>(at, bytes.size());
  window_ = {};
  return lost_before(next_good,
                     {.detail = advised("no frame can be read here; what lies behind can be"),
                      .path = segment.file().path(),
                      .offset = damaged_at});
}

/// The position behind the segment; behind what may be seen, if somebody may be writing it: then
/// its end is not the one that was read before.
position frame_walker::position_behind(const log::segment& segment, position last) const {
  const position end(segment.last_position().value() + 1);
  const bool is_last = index_ + 1 == segments_->size();
  return is_last ? std::min(end, std::max(expected_, position(last.value() + 1))) : end;
}

/// What was passed holds all from expected_ on to before `next_good`; or nothing, if it was a mark.
std::optional<error> frame_walker::lost_before(position next_good, error_info where) {
  const position first = std::max(expected_, from_);
  expected_ = std::max(expected_, next_good);
  if (next_good <= first) return std::nullopt;
  where.first_position = first.value();
  where.last_position = next_good.value() - 1;
  return error(errc::corrupt_data, std::move(where));
}

}  // namespace mainstem::engine
