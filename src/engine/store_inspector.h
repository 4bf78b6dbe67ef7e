// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <mainstem/error.h>
#include <mainstem/inspect.h>

#include "engine/surroundings.h"

namespace mainstem::engine {

/// See mainstem::describe_store().
[[nodiscard]] result<store_description> describe_store(const std::string& path,
                                                       const surroundings& around);

}  // namespace mainstem::engine
