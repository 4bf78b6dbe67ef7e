// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "format/frame.h"
#include "format/trailer.h"
#include "log/segment.h"

namespace mainstem::log {

/// One more commit, behind the others; left out if it is closer than
/// segment::sparse_interval_bytes to the last entry. Throws std::bad_alloc.
inline void add_sparse_entry(std::vector<format::sparse_entry>& entries, std::uint64_t position,
                             std::uint64_t offset) {
  if (entries.empty() || offset - entries.back().offset >= segment::sparse_interval_bytes)
    entries.push_back({position, offset});
}

/// What the frames of a segment add up to: what its trailer says of them.
struct frame_totals {
  std::uint64_t frame_count = 0;
  std::uint64_t event_count = 0;
  std::uint64_t first_timestamp = 0;
  std::uint64_t last_timestamp = 0;
  std::vector<format::sparse_entry> entries;  ///< Of commits: see add_sparse_entry().

  /// One more frame, behind the others. Throws std::bad_alloc.
  void add(const format::frame_prefix& frame, std::uint64_t offset) {
    if (frame.kind == format::frame_kind::commit)
      add_sparse_entry(entries, frame.first_position, offset);
    if (frame_count++ == 0) first_timestamp = frame.timestamp;
    last_timestamp = std::max(last_timestamp, frame.timestamp);
    event_count += frame.event_count;
  }
};

}  // namespace mainstem::log
