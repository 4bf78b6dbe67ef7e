// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <mainstem/types.h>

namespace mainstem::format {

/// A place between two frames of the log: everything up to `last` lies before it.
struct log_point {
  position last;                   ///< 0: before everything.
  std::uint32_t segment = 1;       ///< The segment in which the next frame is to be looked for.
  std::uint64_t offset_bytes = 0;  ///< Where in it; 0: at its first frame.
  std::uint64_t chain = 0;  ///< The checksum of the last frame before it that is not a trailer.
  friend bool operator==(const log_point&, const log_point&) = default;
};

}  // namespace mainstem::format
