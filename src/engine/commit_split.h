// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "format/commit_examination.h"
#include "format/frame.h"

namespace mainstem::engine {

/// Some events of a commit as a commit of their own.
struct partial_commit {
  format::frame_prefix prefix;
  std::vector<std::byte> frame;
};

/// What is left of a damaged commit, as commits without gaps: the events between two damaged ones
/// each, at their positions and versions.
[[nodiscard]] std::vector<partial_commit> split_commit(const format::frame_prefix& prefix,
                                                       std::span<const std::byte> frame,
                                                       const format::commit_examination& parts);

}  // namespace mainstem::engine
