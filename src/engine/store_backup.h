// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <mainstem/backup.h>
#include <mainstem/error.h>

#include "engine/store_core.h"

namespace mainstem::engine {

/// See mainstem::backup().
[[nodiscard]] result<backup_report> backup_store(const std::string& from, const std::string& to,
                                                 const backup_options& options,
                                                 const surroundings& around);

/// See mainstem::restore().
[[nodiscard]] result<restore_report> restore_store(const std::string& from, const std::string& to,
                                                   const restore_options& options,
                                                   const surroundings& around);

}  // namespace mainstem::engine
