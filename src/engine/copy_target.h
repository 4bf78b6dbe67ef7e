// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <mainstem/error.h>

#include "os/file.h"

namespace mainstem::engine {

/// Opens a folder into which a whole store is to be written; makes it if it is not there.
/// Errors: invalid_argument if it lies in the store `from`; and whatever the disk says.
[[nodiscard]] result<std::shared_ptr<os::directory>> open_target(os::disk& disk,
                                                                 const std::string& from,
                                                                 const std::string& to);

/// Errors: invalid_argument, which says what to do, if there is anything in the folder.
[[nodiscard]] result<void> expect_empty(os::directory& folder);

}  // namespace mainstem::engine
