// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mainstem/types.h>

namespace mainstem {

/// The state of a stream, as far as the call was allowed to see: see store::stream_info().
struct stream_info {
  mainstem::version version;         ///< Of its last event; 0 if it has none.
  mainstem::position last_position;  ///< Of its last event; 0 if it has none.
  [[nodiscard]] bool exists() const noexcept { return version > mainstem::version{}; }
};

}  // namespace mainstem
