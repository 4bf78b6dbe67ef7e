// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "format/frame.h"
#include "format/layout.h"

namespace mainstem::format {

/// Where to begin looking for a position.
struct sparse_entry {
  std::uint64_t position = 0;  ///< The first position of the frame at `offset`.
  std::uint64_t offset = 0;
  friend bool operator==(const sparse_entry&, const sparse_entry&) = default;
};

/// The frame that ends a sealed segment.
struct trailer {
  /// encode_trailer() takes epoch, segment, first_position (of the next event), durable_position,
  /// timestamp and previous_checksum (of the last frame that is no trailer) from here, and sets the
  /// rest.
  frame_prefix prefix;
  std::uint64_t offset_bytes = 0;  ///< Of the trailer in its file: where the frames end.
  std::uint64_t first_position = 0;
  std::uint64_t last_position = 0;  ///< first_position - 1 if there are no events.
  std::uint64_t frame_count = 0;    ///< Without the trailer itself.
  std::uint64_t event_count = 0;
  std::uint64_t first_timestamp = 0;
  std::uint64_t last_timestamp = 0;
  std::vector<sparse_entry> entries;  ///< Ascending.
};

/// Bytes of a trailer frame.
[[nodiscard]] constexpr std::uint64_t trailer_bytes(std::size_t entry_count) noexcept {
  namespace at = trailer_body_layout;
  return prefix_bytes(0) + at::size + at::entry_size * entry_count + at::frame_length_size;
}

/// What checksums do not say: that the numbers go together.
[[nodiscard]] bool is_coherent(const trailer& fields) noexcept;

/// The frame for `fields.offset_bytes`. The fields are coherent.
[[nodiscard]] std::vector<std::byte> encode_trailer(const trailer& fields, std::uint64_t secret);

/// Reads the trailer frame at the start of `from`, which holds the rest of its segment from
/// `file_offset` on.
/// @returns nothing unless every byte of it is as it was written, for this place, and it is
/// coherent.
[[nodiscard]] std::optional<trailer> decode_trailer(std::span<const std::byte> from,
                                                    std::uint64_t secret,
                                                    std::uint64_t file_offset);

/// Where the trailer begins if the file ends with one.
/// @param last_bytes the last trailer_body_layout::frame_length_size bytes of the file.
[[nodiscard]] std::optional<std::uint64_t> trailer_offset(std::span<const std::byte> last_bytes,
                                                          std::uint64_t file_size_bytes) noexcept;

}  // namespace mainstem::format
