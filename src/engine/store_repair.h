// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <mainstem/error.h>
#include <mainstem/repair.h>

#include "engine/surroundings.h"

namespace mainstem::engine {

/// See mainstem::repair().
[[nodiscard]] result<repair_report> repair_store(const std::string& from, const std::string& to,
                                                 const repair_options& options,
                                                 const surroundings& around);

}  // namespace mainstem::engine
