// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "format/commit_body.h"
#include "format/frame.h"

namespace mainstem::format {

/// What of a damaged commit is as it was written. Views point into the frame.
struct commit_examination {
  bool names_hold = false;     ///< The names of its streams.
  bool versions_hold = false;  ///< Their first versions.
  std::vector<std::string_view> names;
  /// The records that check out, in order; the ordinals between them are damaged.
  std::vector<event_record> records;

  struct damaged_run {
    std::uint32_t first_ordinal = 0;
    std::uint32_t last_ordinal = 0;
    std::uint64_t frame_offset_bytes = 0;  ///< Where the first of them should stand in the frame.
  };
  std::vector<damaged_run> damaged;

  /// An event is known only together with its stream and its version.
  [[nodiscard]] bool events_hold() const noexcept { return names_hold && versions_hold; }
};

/// Looks at every part of a commit whose prefix was decoded, for itself. Where the sizes of a
/// record are damaged, the next one is searched for.
[[nodiscard]] commit_examination examine_commit(const frame_prefix& prefix,
                                                std::span<const std::byte> frame);

}  // namespace mainstem::format
