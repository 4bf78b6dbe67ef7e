// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// The byte layouts of format version 1, all little-endian. docs/FORMAT.md has the same tables in
/// words; a test compares the two.
namespace mainstem::format {

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::size_t alignment_bytes = 8;

/// A byte range inside a fixed layout.
struct field {
  std::size_t offset;
  std::size_t size;
};

/// The first bytes of every segment file.
namespace segment_header_layout {
inline constexpr field magic{0, 8};
inline constexpr field format_version{8, 4};
inline constexpr field header_size{12, 4};
inline constexpr field compatible_features{16, 8};
inline constexpr field incompatible_features{24, 8};
inline constexpr field store_id{32, 16};
inline constexpr field lineage_id{48, 16};
inline constexpr field parent_lineage_id{64, 16};
inline constexpr field segment{80, 4};
inline constexpr field epoch{84, 4};
inline constexpr field first_position{88, 8};
inline constexpr field previous_checksum{96, 8};
inline constexpr field segment_size{104, 8};
inline constexpr field created{112, 8};
inline constexpr field minimum_reader{120, 4};
inline constexpr field flags{124, 4};
inline constexpr field reserved{128, 120};
inline constexpr field checksum{248, 8};
inline constexpr std::size_t size = 256;
}  // namespace segment_header_layout

/// What stands before the body of every frame. Behind it: per stream of the commit its first
/// version (8 bytes each).
namespace frame_prefix_layout {
inline constexpr field checksum{0, 8};
inline constexpr field magic{8, 4};
inline constexpr field kind{12, 1};
inline constexpr field flags{13, 1};
inline constexpr field stream_count{14, 2};
inline constexpr field length{16, 4};
inline constexpr field event_count{20, 4};
inline constexpr field epoch{24, 4};
inline constexpr field segment{28, 4};
inline constexpr field first_position{32, 8};
inline constexpr field durable_position{40, 8};
inline constexpr field timestamp{48, 8};
inline constexpr field previous_checksum{56, 8};
inline constexpr field versions_digest{64, 8};
inline constexpr field body_digest{72, 8};
inline constexpr std::size_t size = 80;
inline constexpr std::size_t first_version_size = 8;
}  // namespace frame_prefix_layout

/// The body of a commit frame begins with this, then come the streams' names (each its length in
/// one byte, then the name; zeros up to a multiple of 8), then the event records.
namespace commit_body_layout {
inline constexpr field table_checksum{0, 8};
inline constexpr field table_size{8, 4};  // Of the names, with their padding.
inline constexpr field stream_count{12, 2};
inline constexpr field reserved{14, 2};
inline constexpr std::size_t size = 16;
}  // namespace commit_body_layout

/// An event record: this, then type, tags (each its length in one byte, then the tag), metadata,
/// zeros up to a multiple of 8, the payload, zeros up to a multiple of 8.
namespace event_record_layout {
inline constexpr field checksum{0, 8};
inline constexpr field id{8, 16};
inline constexpr field place{24, 8};
inline constexpr field payload_size{32, 4};
inline constexpr field metadata_size{36, 4};
inline constexpr field stream_index{40, 2};
inline constexpr field tags_size{42, 2};
inline constexpr field type_size{44, 1};
inline constexpr field tag_count{45, 1};
inline constexpr field codec{46, 1};
inline constexpr field flags{47, 1};
inline constexpr std::size_t size = 48;

// The bits of `place`, from the lowest.
inline constexpr unsigned body_offset_bits = 22;     // Of this record within its body, / 8.
inline constexpr unsigned ordinal_bits = 21;         // Among the events of the commit, from 0.
inline constexpr unsigned stream_ordinal_bits = 21;  // Among those of its stream, from 0.
}  // namespace event_record_layout

/// The body of a trailer frame: this, then the sparse table (entry_count entries), then the frame's
/// length again, so that the trailer can be found from the end of the file.
namespace trailer_body_layout {
inline constexpr field first_position{0, 8};
inline constexpr field last_position{8, 8};
inline constexpr field frame_count{16, 8};
inline constexpr field event_count{24, 8};
inline constexpr field first_timestamp{32, 8};
inline constexpr field last_timestamp{40, 8};
inline constexpr field entry_count{48, 8};
inline constexpr std::size_t size = 56;
inline constexpr std::size_t entry_size = 16;        // Position, then file offset, 8 bytes each.
inline constexpr std::size_t frame_length_size = 8;  // At the very end.
}  // namespace trailer_body_layout

/// The manifest file: this, then one Cap'n Proto segment (manifest.capnp) without a segment table.
namespace manifest_layout {
inline constexpr field magic{0, 8};
inline constexpr field format_version{8, 4};
inline constexpr field message_size{12, 4};
inline constexpr field checksum{16, 8};
inline constexpr std::size_t size = 24;
}  // namespace manifest_layout

/// The control page, through which a writer tells other processes what is durable: this, then two
/// slots that take turns, then zeros set aside.
namespace control_page_layout {
inline constexpr field magic{0, 8};
inline constexpr field format_version{8, 4};
inline constexpr field minimum_reader{12, 4};
inline constexpr field store_id{16, 16};
inline constexpr field lineage_id{32, 16};
inline constexpr field reserved{48, 8};
inline constexpr field checksum{56, 8};
inline constexpr field wake_word{64, 4};  // The low half of the newest slot's sequence number.
inline constexpr field reserved_too{68, 60};
inline constexpr field first_slot{128, 64};
inline constexpr field second_slot{192, 64};
inline constexpr field set_aside{256, 3840};
inline constexpr std::size_t size = 4096;
}  // namespace control_page_layout

namespace control_slot_layout {
inline constexpr field sequence{0, 8};  // Counts changes; even ones stand in the first slot.
inline constexpr field epoch{8, 4};
inline constexpr field segment{12, 4};  // Where the durable events end: the segment ...
inline constexpr field offset{16, 8};   // ... and the offset behind the last of their frames.
inline constexpr field durable_position{24, 8};
inline constexpr field chain{32, 8};  // The checksum of that frame.
inline constexpr field reserved{40, 16};
inline constexpr field checksum{56, 8};
inline constexpr std::size_t size = 64;
}  // namespace control_slot_layout

/// What an event_metadata begins with: the root pointer of its Cap'n Proto message
/// (event_metadata.capnp), which stands directly before the struct, and the first word of that.
namespace event_metadata_layout {
inline constexpr field root_offset{0, 4};  // 0: a struct, and it follows.
inline constexpr field data_words{4, 2};
inline constexpr field pointer_count{6, 2};
inline constexpr field marker{8, 4};
inline constexpr field schema_version{12, 4};
inline constexpr std::size_t size = 16;
}  // namespace event_metadata_layout

inline constexpr std::uint64_t segment_magic = 0x31474f4c4d54534dU;   // "MSTMLOG1"
inline constexpr std::uint64_t manifest_magic = 0x314e414d4d54534dU;  // "MSTMMAN1"
inline constexpr std::uint64_t control_magic = 0x314c54434d54534dU;   // "MSTMCTL1"
inline constexpr std::uint32_t frame_magic = 0xa546534dU;      // "MSF" and a byte that is not text.
inline constexpr std::uint32_t metadata_marker = 0x4d45534dU;  // "MSEM"

/// Values are stable. Any other kind refuses to open.
enum class frame_kind : std::uint8_t {
  commit = 1,   ///< Events.
  mark = 2,     ///< No events: says what had been durable.
  trailer = 3,  ///< Ends a sealed segment.
  // 4 is set aside for system records.
};

/// Bits of frame_prefix.flags. An unknown one refuses to open.
namespace frame_flags {
inline constexpr std::uint8_t history_hash = 0x01;  // Set aside: the frame's last 16 bytes.
inline constexpr std::uint8_t known = 0;
}  // namespace frame_flags

/// Bits of segment_header.flags.
namespace segment_flags {
/// The writer was told to go on although positions below first_position are damaged or missing.
/// They stay gaps: no other event ever gets them.
inline constexpr std::uint32_t loss_accepted = 0x01;
}  // namespace segment_flags

/// Bits of event_record.flags, set aside: no version writes them yet, and one that does sets an
/// incompatible feature.
namespace event_flags {
inline constexpr std::uint8_t encrypted = 0x01;
inline constexpr std::uint8_t compressed = 0x02;
inline constexpr std::uint8_t stub = 0x04;  // The payload was erased, the checksum kept.
inline constexpr std::uint8_t known = 0;
}  // namespace event_flags

/// Feature bits of segment headers and manifest. A reader that does not know a compatible one
/// ignores it; one that does not know an incompatible one refuses to open.
namespace features {
inline constexpr std::uint64_t known_compatible = 0;
inline constexpr std::uint64_t known_incompatible = 0;
}  // namespace features

}  // namespace mainstem::format
