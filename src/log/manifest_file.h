// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <mainstem/error.h>

#include "format/manifest.h"
#include "os/file.h"

namespace mainstem::log {

inline constexpr const char* manifest_name = "manifest";
inline constexpr const char* manifest_copy_name = "manifest.copy";
/// The folder of the segments, inside the store's.
inline constexpr const char* log_folder_name = "log";

/// Writes both copies of a new store's manifest, each made aside and synced before it gets its
/// name. If this fails or is interrupted, there is either no manifest or a whole one. Errors:
/// disk_full, and whatever the disk says.
[[nodiscard]] result<void> create_manifest(os::directory& store_folder,
                                           const format::manifest& fields);

/// Reads the manifest of a store, from its copy if it does not check out.
/// @param repair writes again the one of the two that does not check out. A failure of that is no
/// error: the next opening tries again. Errors: store_not_found; corrupt_manifest if neither of the
/// two checks out, or if there are segments and no manifest; unsupported_format; and whatever the
/// disk says.
[[nodiscard]] result<format::manifest> read_manifest(os::directory& store_folder, bool repair);

/// What one of the two files holds: nothing if it is not there. Errors: corrupt_manifest,
/// unsupported_format, and whatever the disk says.
[[nodiscard]] result<std::optional<format::manifest>> read_manifest_file(
    os::directory& store_folder, const std::string& name);

}  // namespace mainstem::log
