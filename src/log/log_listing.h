// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mainstem/error.h>

#include "format/segment_header.h"
#include "os/file.h"

namespace mainstem::log {

/// A file that is named like a segment. It is not kept open: there may be more than a process may
/// have open.
struct listed_file {
  std::uint32_t number = 0;
  std::string name;
  std::uint64_t size_bytes = 0;
  std::optional<format::segment_header> header;  ///< Nothing: why not stands in `failure`.
  std::optional<error> failure;
};

/// All of them with their headers, by number. Gaps are not judged.
/// Errors: unsupported_format; what listing the folder fails with; and of a file what is no damage
/// (os::is_damage()).
[[nodiscard]] result<std::vector<listed_file>> list_segments(os::directory& log_folder,
                                                             const format::store_identity& store);

/// One of them, as it is now: a writer begins a blank file, and gives an ended one its length,
/// whenever it likes. Errors: as above.
[[nodiscard]] result<listed_file> list_segment(os::directory& log_folder,
                                               const format::store_identity& store,
                                               std::uint32_t number);

}  // namespace mainstem::log
