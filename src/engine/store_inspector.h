// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <mainstem/error.h>
#include <mainstem/inspect.h>

#include "engine/surroundings.h"
#include "log/log_listing.h"

namespace mainstem::engine {

/// See mainstem::describe_store().
[[nodiscard]] result<store_description> describe_store(const std::string& path,
                                                       const surroundings& around);

/// What it says of a segment that was listed a moment ago; a writer may have begun it since.
[[nodiscard]] segment_description describe_segment(os::directory& log_folder,
                                                   const format::store_identity& store,
                                                   const log::listed_file& file);

}  // namespace mainstem::engine
