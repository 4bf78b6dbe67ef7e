// SPDX-License-Identifier: Apache-2.0
#include "log/trailer_check.h"

#include <algorithm>

namespace mainstem::log {

result<void> trailer_check::begin(file_window& window, std::uint32_t number) {
  auto found = window.final_trailer();
  if (!found) return found.error();
  if (*found && (*found)->prefix.segment == number) trailer_ = std::move(*found);
  return {};
}

void trailer_check::take(const format::frame_prefix& prefix, std::uint64_t offset) noexcept {
  if (frames_++ == 0) first_timestamp_ = prefix.timestamp;
  last_timestamp_ = std::max(last_timestamp_, prefix.timestamp);
  events_ += prefix.event_count;
  if (!trailer_ || next_entry_ == trailer_->entries.size()) return;
  const format::sparse_entry& entry = trailer_->entries[next_entry_];
  if (entry.offset > offset) return;
  entries_hold_ = entries_hold_ && entry.offset == offset &&
                  entry.position == prefix.first_position &&
                  prefix.kind == format::frame_kind::commit;
  ++next_entry_;
}

std::string trailer_check::flaw_at(std::uint64_t end_offset, const segment_end& end) const {
  if (!trailer_) {
    // Sealing cuts the file: one of full size was not sealed before its writer died.
    const bool was_sealed = end.is_ended && end.size_bytes != end.header.segment_size;
    return was_sealed ? "the trailer of the segment is damaged or missing" : "";
  }
  if (trailer_->offset_bytes != end_offset) return "the trailer does not stand behind the frames";
  const bool frames_hold =
      trailer_->first_position == end.header.first_position &&
      trailer_->last_position == end.expected - 1 && trailer_->frame_count == frames_ &&
      trailer_->event_count == events_ && trailer_->prefix.previous_checksum == end.chain &&
      trailer_->first_timestamp == first_timestamp_ && trailer_->last_timestamp == last_timestamp_;
  if (!frames_hold) return "the trailer disagrees with the frames of its segment";
  if (!entries_hold_ || next_entry_ != trailer_->entries.size())
    return "the table of positions in the trailer leads to wrong places";
  return "";
}

}  // namespace mainstem::log
