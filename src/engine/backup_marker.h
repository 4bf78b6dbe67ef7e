// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mainstem/error.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

#include "os/file.h"

namespace mainstem::engine {

/// A backup that counts has this file, which says what it holds.
inline constexpr std::string_view backup_marker_name = "backup";
/// One that was not finished has this one.
inline constexpr std::string_view backup_begun_name = "backup.begun";

struct backup_marker {
  uuid store_id;
  uuid lineage_id;
  position up_to;
  std::uint64_t log_digest = 0;
};

/// Lines of a name and a value; the last one is a checksum of those before it.
[[nodiscard]] std::string encode_backup_marker(const backup_marker& marker);
/// Errors: corrupt_data.
[[nodiscard]] result<backup_marker> decode_backup_marker(std::string_view text);

/// Nothing if there is no such file.
[[nodiscard]] result<std::optional<backup_marker>> read_backup_marker(os::directory& folder);
/// On success: it is durable, in the place of an older one.
[[nodiscard]] result<void> write_backup_marker(os::directory& folder, const backup_marker& marker);

/// Writes a small file aside, and gives it its name when it is durable.
[[nodiscard]] result<void> write_small_file(os::directory& folder, std::string_view name,
                                            std::string_view content);

}  // namespace mainstem::engine
