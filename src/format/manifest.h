// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <mainstem/error.h>

#include "format/layout.h"
#include "format/segment_header.h"

namespace mainstem::format {

/// What a store knows about itself. Written once, when it is made.
struct manifest {
  store_identity store;
  std::uint64_t created = 0;  ///< Unix nanoseconds.
  std::uint64_t compatible_features = 0;
  std::uint64_t incompatible_features = 0;
  std::uint32_t minimum_reader =
      0;                       ///< Major * 65536 + minor of the oldest version that reads this.
  std::string writer_version;  ///< In words; at most 255 bytes.
};

/// No manifest is longer.
inline constexpr std::size_t manifest_bytes_limit = 64U << 10U;

/// The whole file.
[[nodiscard]] std::vector<std::byte> encode_manifest(const manifest& fields);

/// Reads the whole file.
/// Errors: unsupported_format (of a newer version), corrupt_manifest.
[[nodiscard]] result<manifest> decode_manifest(std::span<const std::byte> file);

}  // namespace mainstem::format
