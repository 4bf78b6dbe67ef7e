// SPDX-License-Identifier: Apache-2.0
#include "log/log_follower.h"

#include <algorithm>

#include "base/advice.h"
#include "base/attempt.h"
#include "format/layout.h"
#include "log/file_window.h"
#include "log/recovery.h"

namespace mainstem::log {
namespace {

constexpr std::uint64_t first_frame_offset = format::segment_header_layout::size;

/// Behind the last commit or mark of a segment without a trailer.
result<std::uint64_t> end_of_frames(file_window& window, std::uint32_t number,
                                    position next_first) {
  std::uint64_t offset = first_frame_offset;
  for (;;) {
    auto prefix = window.prefix_at(offset);
    if (!prefix) return prefix.error();
    if (!*prefix || (*prefix)->segment != number ||
        (*prefix)->kind == format::frame_kind::trailer ||
        (*prefix)->first_position >= next_first.value()) {
      return offset;
    }
    offset += (*prefix)->length;
  }
}

}  // namespace

result<void> log_follower::advance(const format::log_point& durable, const commit_handler& handle) {
  if (segments_.empty()) {
    if (auto opened = open_segments(); !opened) return opened;
  }
  chain_.refresh();
  for (;;) {
    if (entered_) {
      replace_live();
      segments_.push_back(make_live(*entered_));
      entered_.reset();
    }
    if (at().last >= durable.last) return {};
    const format::log_point before = at();
    auto step = chain_.next(durable);
    if (!step) return step.error();
    if (step->next) {
      const format::segment_header header = step->next->header;
      entered_ = std::move(step->next);
      if (!header.loss_accepted()) continue;
      if (auto rest = take_rest(before, header, handle); !rest) return rest;
      continue;
    }
    if (!step->frame) {
      auto passed = pass_loss(handle);
      if (!passed) return passed.error();
      if (!*passed) return missing(durable);
      continue;
    }
    if (segments_.empty()) {
      if (auto opened = open_segments(); !opened) return opened;
    }
    segment& live = *segments_.back();
    if (step->frame->kind == format::frame_kind::commit) {
      auto handled = attempt([&] {
        live.note_frame(position(step->frame->first_position), step->offset);
        return handle(live, step->offset, *step->frame, step->bytes);
      });
      if (!handled) {
        chain_.go_back(before);
        return handled;
      }
    }
    live.publish(at().offset_bytes, at().last);
  }
}

result<void> log_follower::open_segments() {
  const std::uint32_t last = at().segment;
  auto live = open_headed(*folder_, store_, last);
  if (!live) return live.error();
  if (!*live) {
    if (last == 1 && at().last == position{}) return {};  // Nothing was ever appended.
    return without_header(last);
  }
  segment_list sealed(last - 1);
  position next_first((*live)->header.first_position);
  for (std::uint32_t number = last; number-- > 1;) {
    auto opened = open_sealed(number, next_first);
    if (!opened) return opened.error();
    next_first = (*opened)->first_position();
    sealed[number - 1] = std::move(*opened);
  }
  sealed.push_back(make_live(**live));
  segments_ = std::move(sealed);
  return {};
}

result<std::shared_ptr<segment>> log_follower::open_sealed(std::uint32_t number,
                                                           position next_first) {
  auto found = open_headed(*folder_, store_, number);
  if (!found) return found.error();
  if (!*found) {
    return without_header(number);
  }
  os::file& file = *(*found)->file;
  auto size = file.size();
  if (!size) return size.error();
  file_window window(file, *size, store_.secret);
  auto trailer = window.final_trailer();
  if (!trailer) return trailer.error();
  const bool is_sealed = *trailer && (*trailer)->prefix.segment == number;
  std::uint64_t end = is_sealed ? (*trailer)->offset_bytes : 0;
  if (!is_sealed) {
    auto walked = end_of_frames(window, number, next_first);
    if (!walked) return walked.error();
    end = *walked;
  }
  // Without a trailer, somebody may be about to cut the file.
  auto opened = make_segment(std::move(**found), is_sealed ? sealed_access_ : read_access::copied);
  opened->publish(end, position(next_first.value() - 1));
  return opened;
}

std::shared_ptr<segment> log_follower::make_live(const headed_file& next) {
  auto live = make_segment(next, read_access::copied);
  live->publish(std::max(at().offset_bytes, first_frame_offset), at().last);
  return live;
}

// Where a loss was accepted, the chain ends in front of what was lost. What stands behind it in the
// same segment, and is sound, was kept: it is read as a writer reads it.
result<void> log_follower::take_rest(const format::log_point& from,
                                     const format::segment_header& next,
                                     const commit_handler& handle) {
  if (segments_.empty() || from.segment != segments_.back()->number()) return {};
  auto sealed = open_sealed(from.segment, position(next.first_position));
  if (!sealed) return sealed.error();
  segments_.back() = *sealed;
  has_gaps_ = true;
  return replay({*sealed}, from, store_, handle);
}

// The same if whole segments lie between what was lost and the one that says that it was given up.
// Answers whether there is such a one.
result<bool> log_follower::pass_loss(const commit_handler& handle) {
  const format::log_point from = at();
  if (segments_.empty() || from.segment != segments_.back()->number()) return false;
  std::vector<headed_file> behind;
  do {
    const auto number = static_cast<std::uint32_t>(from.segment + behind.size() + 1);
    auto found = open_headed(*folder_, store_, number);
    if (!found) return found.error();
    if (!*found || (*found)->header.first_position <= from.last.value()) return false;
    behind.push_back(std::move(**found));
  } while (!behind.back().header.loss_accepted());

  segment_list kept;
  for (const headed_file& next : behind) {
    const auto number = next.header.segment - 1;
    auto sealed = open_sealed(number, position(next.header.first_position));
    if (!sealed) return sealed.error();
    kept.push_back(std::move(*sealed));
  }
  segments_.pop_back();
  segments_.insert(segments_.end(), kept.begin(), kept.end());
  has_gaps_ = true;
  const format::segment_header& header = behind.back().header;
  chain_.jump_to({position(header.first_position - 1), header.segment, first_frame_offset,
                  header.previous_checksum});
  entered_ = std::move(behind.back());
  if (auto replayed = replay(kept, from, store_, handle); !replayed) return replayed.error();
  return true;
}

// The one that was written until now gets its trailer about now. If it has none yet, it is read as
// before.
void log_follower::replace_live() {
  if (segments_.empty()) return;
  auto sealed = open_sealed(segments_.back()->number(), position(at().last.value() + 1));
  if (sealed && (*sealed)->end_offset() == segments_.back()->end_offset())
    segments_.back() = std::move(*sealed);
}

result<position> log_follower::proven() const {
  position best = at().last;
  chain_reader ahead(folder_, store_, at());
  const format::log_point unknown{.last = position::max(), .segment = 0};
  for (;;) {
    auto step = ahead.next(unknown);
    if (!step) return step.error();
    if (step->next) {
      // Before the first byte of a new segment, everything before it was synced.
      best = std::max(best, position(step->next->header.first_position - 1));
    } else if (step->frame) {
      best = std::max(best, position(step->frame->durable_position));
    } else {
      return std::min(best, ahead.at().last);
    }
  }
}

error log_follower::without_header(std::uint32_t number) const {
  return {errc::missing_segment,
          error_info{.detail = advised("the segment is missing, or has lost its header"),
                     .path = folder_->path() + "/" + segment_file_name(number)}};
}

std::shared_ptr<segment> log_follower::make_segment(headed_file from, read_access access) {
  has_gaps_ = has_gaps_ || from.header.loss_accepted();
  return std::make_shared<segment>(std::move(from.file), from.header, access, store_.secret);
}

error log_follower::missing(const format::log_point& durable) const {
  error_info info{.detail = advised("events that were durable cannot be read here"),
                  .path = folder_->path() + "/" + segment_file_name(at().segment),
                  .offset = at().offset_bytes};
  info.first_position = at().last.value() + 1;
  info.last_position = durable.last.value();
  return {errc::corrupt_data, std::move(info)};
}

}  // namespace mainstem::log
