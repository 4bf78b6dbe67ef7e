// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mainstem/error.h>

#include "engine/commit_request.h"
#include "engine/published_log.h"

namespace mainstem::engine {

/// Looks up what commit_pipeline::submit() asked for: heads in the index, ids in what is written.
/// In the caller's thread, with nothing locked. Errors: corrupt_data, corrupt_index, and whatever
/// the disk says.
[[nodiscard]] result<void> look_up(const published_log& log, commit_request& request);

}  // namespace mainstem::engine
