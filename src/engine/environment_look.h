// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <mainstem/error.h>
#include <mainstem/uuid.h>

#include "index/environment.h"
#include "index/kept_state.h"
#include "index/stream_index.h"

/// What the tools see of a store's environments. LMDB trusts what it reads, so that each is looked
/// at before LMDB opens it, for reading alone.
namespace mainstem::engine {

/// Null if there is none: it can be made from the log at any time, and backups have none.
/// Errors: corrupt_index, foreign_file, unsupported_format, store_locked; and whatever the system
/// says.
[[nodiscard]] result<std::unique_ptr<index::stream_index>> look_into_index(
    index::environment_provider& provider, const uuid& store_id);

/// Null if there is none. Errors: the same, and those of kept_state.
[[nodiscard]] result<std::unique_ptr<index::kept_state>> look_into_state(
    index::environment_provider& provider, const uuid& store_id);

}  // namespace mainstem::engine
