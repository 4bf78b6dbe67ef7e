// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <mainstem/error.h>

#include "index/index_snapshot.h"

namespace mainstem::index {

/// A digest of everything that an index says: every stream's name, last version and last position,
/// and every event's address and id hash. Not of how it says it: two indexes of one log up to one
/// position have the same digest, whatever was flushed when, numbered how or merged. Errors:
/// corrupt_index if it contradicts itself anywhere. Cost: reads the whole index.
[[nodiscard]] result<std::uint64_t> canonical_digest(const index_snapshot& snapshot);

}  // namespace mainstem::index
