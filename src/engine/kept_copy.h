// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/uuid.h>

#include "engine/surroundings.h"
#include "index/kept_state.h"
#include "os/file.h"

namespace mainstem::engine {

/// What of a store cannot be made anew from its log.
struct kept_copy {
  std::vector<index::kept_state::consumer_row> consumers;
  std::vector<index::kept_state::schema_row> schemas;
};

/// Of one that is open. Errors: those of kept_state.
[[nodiscard]] result<std::optional<kept_copy>> copy_of(const index::kept_state& kept);

/// Looks at the environment before LMDB does, then reads all of it; nothing if there is none.
/// Errors: corrupt_state; store_locked; and whatever the disk says.
[[nodiscard]] result<std::optional<kept_copy>> read_kept(
    const surroundings& around, const std::shared_ptr<os::directory>& folder, const uuid& store_id);

/// Makes it all there is in a folder. On success: it is durable.
[[nodiscard]] result<void> write_kept(const surroundings& around,
                                      const std::shared_ptr<os::directory>& folder,
                                      const uuid& store_id, const kept_copy& kept);

}  // namespace mainstem::engine
