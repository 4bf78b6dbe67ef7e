// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <mainstem/error.h>

#include "base/bytes.h"
#include "format/layout.h"

namespace mainstem::format {

/// The fixed part of what stands before a frame's body.
struct frame_prefix {
  frame_kind kind = frame_kind::commit;
  std::uint8_t flags = 0;
  std::uint16_t stream_count = 0;
  std::uint32_t length = 0;  ///< Of the whole frame in bytes, a multiple of 8.
  std::uint32_t event_count = 0;
  std::uint32_t epoch = 0;
  std::uint32_t segment = 0;
  std::uint64_t first_position =
      0;  ///< Of the first event; in frames without events, of the next event.
  std::uint64_t durable_position = 0;
  std::uint64_t timestamp = 0;  ///< Unix nanoseconds.
  std::uint64_t previous_checksum = 0;
  std::uint64_t versions_digest = 0;  ///< Set by encode_prefix().
  std::uint64_t body_digest = 0;
  std::uint64_t checksum = 0;

  [[nodiscard]] std::uint64_t last_position() const noexcept {
    return first_position + event_count - 1;
  }
};

/// Bytes before the body: fixed part and first versions.
[[nodiscard]] constexpr std::size_t prefix_bytes(std::size_t stream_count) noexcept {
  return frame_prefix_layout::size + frame_prefix_layout::first_version_size * stream_count;
}

/// Writes the fixed part into the first bytes of `prefix`, which has prefix_bytes() bytes and holds
/// the first versions already. Sets their digest and the checksum, which covers the fixed part, the
/// place and the secret: so that a reader of one event of a large commit checks 80 bytes and not
/// all versions.
/// @returns the checksum.
std::uint64_t encode_prefix(const frame_prefix& fields, std::span<std::byte> prefix,
                            std::uint64_t secret, std::uint64_t file_offset) noexcept;

/// Reads the prefix at the start of `from`, which holds the rest of the segment from `file_offset`
/// on.
/// @returns nothing unless sizes fit into `from` and the checksum says that this frame was written
/// by this store for this place. Kind and flags may still be unknown ones: see check_kind().
[[nodiscard]] std::optional<frame_prefix> decode_prefix(std::span<const std::byte> from,
                                                        std::uint64_t secret,
                                                        std::uint64_t file_offset) noexcept;

/// The same from the fixed part alone; `available_bytes` says how many bytes the segment has from
/// there on.
[[nodiscard]] std::optional<frame_prefix> decode_fixed_prefix(std::span<const std::byte> fixed,
                                                              std::uint64_t available_bytes,
                                                              std::uint64_t secret,
                                                              std::uint64_t file_offset) noexcept;

/// True if the first versions behind the fixed part are as they were written.
[[nodiscard]] bool verify_versions(const frame_prefix& prefix,
                                   std::span<const std::byte> frame) noexcept;

/// Errors: unsupported_format for a frame kind or flag that this version does not know.
[[nodiscard]] result<void> check_kind(const frame_prefix& prefix);

[[nodiscard]] inline std::uint64_t first_version_of(std::span<const std::byte> frame,
                                                    std::size_t stream) noexcept {
  return load<std::uint64_t>(frame.data() + frame_prefix_layout::size +
                             frame_prefix_layout::first_version_size * stream);
}

inline void set_first_version(std::span<std::byte> frame, std::size_t stream,
                              std::uint64_t version) noexcept {
  store_at(
      frame.data() + frame_prefix_layout::size + frame_prefix_layout::first_version_size * stream,
      version);
}

/// The least offset at or behind `from_offset` where the magic of a frame stands, or the size of
/// `segment`.
[[nodiscard]] std::uint64_t find_frame_magic(std::span<const std::byte> segment,
                                             std::uint64_t from_offset) noexcept;

}  // namespace mainstem::format
