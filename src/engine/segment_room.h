// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "format/layout.h"
#include "log/segment.h"

namespace mainstem::engine {

/// Where the frames of a segment must end, so that its trailer fits behind them.
[[nodiscard]] constexpr std::uint64_t room_for_frames(std::uint64_t segment_size_bytes) noexcept {
  namespace at = format::trailer_body_layout;
  const std::uint64_t entries = segment_size_bytes / log::segment::sparse_interval_bytes + 1;
  return segment_size_bytes - format::frame_prefix_layout::size - at::size -
         at::entry_size * entries - at::frame_length_size;
}

}  // namespace mainstem::engine
