// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <mainstem/error.h>
#include <mainstem/uuid.h>

#include "format/layout.h"

namespace mainstem::format {

/// The two ids that say whose a file is, and the secret that no other store's bytes can imitate.
struct store_identity {
  uuid store_id;
  uuid lineage_id;
  uuid parent_lineage_id;
  std::uint64_t secret = 0;
};

struct segment_header {
  std::uint64_t compatible_features = 0;
  std::uint64_t incompatible_features = 0;
  std::uint32_t minimum_reader =
      0;  ///< Major * 65536 + minor of the oldest version that reads this.
  uuid store_id;
  uuid lineage_id;
  uuid parent_lineage_id;
  std::uint32_t segment = 0;
  std::uint32_t epoch = 0;
  std::uint64_t first_position = 0;     ///< Of the first event that this segment may hold.
  std::uint64_t previous_checksum = 0;  ///< Of the last frame that counts before this segment.
  std::uint64_t segment_size = 0;
  std::uint64_t created = 0;  ///< Unix nanoseconds.
  std::uint32_t flags = 0;    ///< segment_flags.

  /// Positions below first_position may be a gap.
  [[nodiscard]] bool loss_accepted() const noexcept {
    return (flags & segment_flags::loss_accepted) != 0;
  }

  friend bool operator==(const segment_header&, const segment_header&) = default;
};

/// Fills `into`, which has segment_header_layout::size bytes.
void encode_segment_header(const segment_header& header, const store_identity& store,
                           std::span<std::byte> into);

/// Errors: foreign_file (of another store), unsupported_format (of a newer version), corrupt_data.
[[nodiscard]] result<segment_header> decode_segment_header(std::span<const std::byte> from,
                                                           const store_identity& store);

/// Errors: unsupported_format, which names the version that is needed.
[[nodiscard]] result<void> check_features(std::uint64_t incompatible, std::uint32_t minimum_reader);

}  // namespace mainstem::format
