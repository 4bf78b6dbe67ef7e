// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <mainstem/error.h>
#include <mainstem/verify.h>

#include "engine/surroundings.h"

namespace mainstem::engine {

/// See mainstem::verify().
[[nodiscard]] result<verify_report> verify_store(const std::string& path,
                                                 const verify_options& options,
                                                 const surroundings& around);

}  // namespace mainstem::engine
