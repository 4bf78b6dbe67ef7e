// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <mainstem/backup.h>
#include <mainstem/error.h>

#include "engine/surroundings.h"
#include "index/kept_state.h"

namespace mainstem::engine {

/// See mainstem::backup().
/// @param kept the state of a store that this process has open; null if it has not.
[[nodiscard]] result<backup_report> backup_store(const std::string& from, const std::string& to,
                                                 const backup_options& options,
                                                 const surroundings& around,
                                                 index::kept_state* kept = nullptr);

/// See mainstem::restore().
[[nodiscard]] result<restore_report> restore_store(const std::string& from, const std::string& to,
                                                   const restore_options& options,
                                                   const surroundings& around);

}  // namespace mainstem::engine
