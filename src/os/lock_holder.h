// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "os/file.h"

namespace mainstem::os {

/// More than this is never read of a lock file.
inline constexpr std::size_t lock_file_bytes = 1024;

/// What stands in a lock file: three lines, "host", "pid" and "since", each with its value.
[[nodiscard]] std::string lock_file_text(const lock_holder& holder);

/// None if the text is not what lock_file_text() makes.
[[nodiscard]] std::optional<lock_holder> parse_lock_file(std::string_view text);

/// store_locked, with a detail that names the holder if `text`, the lock file's content, does.
[[nodiscard]] error locked_error(const std::string& path, std::string_view text);

/// This process, now.
[[nodiscard]] lock_holder this_process();

}  // namespace mainstem::os
