// SPDX-License-Identifier: Apache-2.0
#include "log/chain_walker.h"

#include <algorithm>

#include "base/mutant.h"
#include "log/frame_totals.h"

namespace mainstem::log {

using format::frame_kind;
using format::frame_prefix;

namespace {
constexpr std::uint64_t first_frame_offset = format::segment_header_layout::size;
}  // namespace

result<void> chain_walker::walk(std::size_t index, const format::segment_header* next,
                                std::uint64_t limit) {
  surveyed_file& file = files_[index];
  file_window window(*file.file, file.size_bytes, secret_);
  auto worth_walking = enter(index, window, limit == no_limit);
  if (!worth_walking) return worth_walking.error();
  if (!*worth_walking) return {};

  bool sealed = false;
  std::optional<std::uint64_t> content_end;
  for (std::uint64_t offset = first_frame_offset;;) {
    // What stands behind this was cut, or written again in the next segment.
    if (following_ && next != nullptr && expected_ == next->first_position &&
        chain_ == next->previous_checksum)
      break;
    auto prefix = look_at(window, offset);
    if (!prefix) return prefix.error();
    auto sound = is_sound(window, offset, *prefix);
    if (!sound) return sound.error();

    const bool belongs = *sound && (*prefix)->segment == file.number;
    const bool goes_on = following_ && !sealed && belongs && continues(**prefix, limit);
    if (goes_on || (!following_ && belongs && may_resume(**prefix, limit))) {
      if (!goes_on) resume((*prefix)->first_position, (*prefix)->previous_checksum);
      take(index, offset, **prefix);
      offset += (*prefix)->length;
      continue;
    }
    if (following_ && !sealed && is_trailer(*prefix, file.number)) {
      take_trailer(index, offset);
      sealed = true;
      offset += (*prefix)->length;
      continue;
    }
    if (!content_end) {
      auto end = window.end_of_content(offset);
      if (!end) return end.error();
      content_end = file.content_end = *end;
    }
    if (following_) {
      if (next == nullptr && *content_end <= offset) break;
      lose_chain(index, offset);
    }
    // A frame may end in zeros that do not count as content.
    const std::uint64_t search_end =
        std::min(file.size_bytes, *content_end + format::frame_prefix_layout::size);
    auto found = window.find_magic(offset, std::max(search_end, offset));
    if (!found) return found.error();
    if (*found >= *content_end) break;
    offset = *found;
  }
  return {};
}

result<bool> chain_walker::enter(std::size_t index, file_window& window, bool last) {
  surveyed_file& file = files_[index];
  if (file.header) {
    enter_header(index, *file.header);
  } else {
    auto end = window.end_of_content(0);
    if (!end) return end.error();
    file.content_end = *end;
    file.blank = *end == 0;
    if (!started_) {
      started_ = following_ = true;
      proven_ = {index, first_frame_offset, chain_, expected_ - 1, 0, false};
    }
    if (!last) {
      breaks_.push_back({index, 0, expected_, expected_, true, true});
    } else if (file.blank) {
      return false;
    }
  }
  mark_.reset();  // A blank file, made ahead of use, takes nothing from the mark before it.
  file.first_position = expected_;
  file.last_position = expected_ - 1;
  file.chain = chain_;
  check_from(file.number, first_frame_offset);
  return true;
}

void chain_walker::enter_header(std::size_t index, const format::segment_header& header) {
  const bool matches = header.first_position == expected_ && header.previous_checksum == chain_ &&
                       header.epoch >= epoch_;
  if (!started_) {
    started_ = following_ = true;
    expected_ = header.first_position;
    chain_ = header.previous_checksum;
  } else if (following_ && !matches) {
    lose_chain(index, 0);
  }
  if (!following_) {
    resume(header.first_position, header.previous_checksum);
    // The header proves that everything before it, marks included, had been synced: no crash leaves
    // that.
    for (chain_break& before : breaks_) before.certain = true;
  }
  epoch_ = std::max(epoch_, header.epoch);
  note_epoch(header.epoch);
  // Before its first byte was written, everything before the segment had been synced.
  note_evidence(header.first_position - 1);
  if (!hard_break_) {
    proven_ = {index, first_frame_offset, chain_, expected_ - 1, last_timestamp_, false};
  }
}

result<chain_walker::optional_prefix> chain_walker::look_at(file_window& window,
                                                            std::uint64_t offset) {
  auto prefix = window.prefix_at(offset);
  if (!prefix || !*prefix) return prefix;
  if (auto known = format::check_kind(**prefix); !known) {
    return error(
        known.error().code(),
        error_info{.detail = known.error().info().detail, .path = window.path(), .offset = offset});
  }
  // True wherever the frame stands: it was written by this store, at a time when this much was
  // durable.
  note_evidence((*prefix)->durable_position);
  note_epoch((*prefix)->epoch);
  // A segment is sealed when all of it is durable.
  if ((*prefix)->kind == frame_kind::trailer) note_evidence((*prefix)->first_position - 1);
  return prefix;
}

result<bool> chain_walker::is_sound(file_window& window, std::uint64_t offset,
                                    const optional_prefix& prefix) const {
  if (!prefix) return false;
  if (MAINSTEM_MUTANT(torn_frame_accepted)) return true;
  return window.is_intact(offset, *prefix);
}

bool chain_walker::continues(const frame_prefix& prefix, std::uint64_t limit) const noexcept {
  return prefix.previous_checksum == chain_ && prefix.first_position == expected_ &&
         prefix.epoch >= epoch_ && prefix.last_position() < limit;
}

bool chain_walker::is_trailer(const optional_prefix& prefix, std::uint32_t number) const noexcept {
  return prefix && prefix->kind == frame_kind::trailer && prefix->segment == number &&
         prefix->previous_checksum == chain_ && prefix->first_position == expected_;
}

bool chain_walker::may_resume(const frame_prefix& prefix, std::uint64_t limit) const noexcept {
  return prefix.first_position >= expected_ && prefix.epoch >= epoch_ &&
         prefix.last_position() < limit;
}

void chain_walker::lose_chain(std::size_t index, std::uint64_t offset) {
  following_ = false;
  hard_break_ = true;
  mark_.reset();
  breaks_.push_back({index, offset, expected_, 0, false, false});
}

void chain_walker::lose_next_segment(std::size_t index) {
  lose_chain(index, files_[index].size_bytes);
  breaks_.back().certain = breaks_.back().next_missing = true;
}

void chain_walker::resume(std::uint64_t first, std::uint64_t chain) {
  following_ = true;
  const auto open =
      std::find_if(breaks_.rbegin(), breaks_.rend(), [](const auto& b) { return b.resumed == 0; });
  if (open != breaks_.rend()) open->resumed = first;
  expected_ = first;
  chain_ = chain;
}

void chain_walker::take(std::size_t index, std::uint64_t offset, const frame_prefix& prefix) {
  surveyed_file& file = files_[index];
  if (!file.header && !file.has_frames && !hard_break_ &&
      (breaks_.empty() || breaks_.back().file != index)) {
    breaks_.push_back({index, 0, expected_, expected_, true, false});
  }
  if (!file.has_frames && !file.header) file.first_position = prefix.first_position;
  file.has_frames = true;
  chain_ = prefix.checksum;
  epoch_ = prefix.epoch;
  last_timestamp_ = std::max(last_timestamp_, prefix.timestamp);
  mark_.reset();
  if (prefix.kind == frame_kind::commit) {
    add_sparse_entry(file.entries, prefix.first_position, offset);
    expected_ = prefix.last_position() + 1;
    highest_ = std::max(highest_, prefix.last_position());
    pending_.push_back(
        {index, offset, prefix.last_position(), prefix.timestamp, prefix, hard_break_});
    settle();
  } else if (prefix.durable_position == expected_ - 1) {
    mark_ = {index, offset, prefix.length};
  }
  file.last_position = expected_ - 1;
  file.chain = chain_;
  file.last_timestamp = last_timestamp_;
  file.end_offset = offset + prefix.length;
  if (!hard_break_) file.unbroken_end = file.end_offset;
  check_from(file.number, file.end_offset);
}

void chain_walker::take_trailer(std::size_t index, std::uint64_t offset) {
  mark_.reset();
  // Marks in front of it are proven as well.
  if (!hard_break_) proven_ = {index, offset, chain_, expected_ - 1, last_timestamp_, true};
}

void chain_walker::note_evidence(std::uint64_t durable) {
  if (durable <= evidence_) return;
  evidence_ = durable;
  settle();
}

void chain_walker::settle() {
  if (MAINSTEM_MUTANT(tail_not_rewritten) && !pending_.empty())
    evidence_ = pending_.back().last_position;
  while (!pending_.empty() && pending_.front().last_position <= evidence_) {
    const pending_commit& commit = pending_.front();
    proven_ = {commit.file,
               commit.offset + commit.prefix.length,
               commit.prefix.checksum,
               commit.last_position,
               commit.timestamp,
               true};
    pending_.pop_front();
  }
}

void chain_walker::check_from(std::uint32_t number, std::uint64_t offset) noexcept {
  const bool here =
      from_.segment == number &&
      (from_.offset_bytes == offset || (from_.offset_bytes == 0 && offset == first_frame_offset));
  if (here && from_.last.value() == expected_ - 1 && from_.chain == chain_) from_found_ = true;
}

}  // namespace mainstem::log
