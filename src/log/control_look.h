// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <mainstem/error.h>

#include "format/control_page.h"
#include "os/file.h"

namespace mainstem::log {

/// What the control page says, for whoever only wants to know: nothing if there is none. It is
/// read, not mapped, and may be written meanwhile. Errors: corrupt_data, foreign_file;
/// unsupported_format; and whatever the disk says.
[[nodiscard]] result<std::optional<format::control_state>> look_at_control(
    os::directory& store_folder, const format::store_identity& store);

}  // namespace mainstem::log
