// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "format/segment_header.h"

/// Makes the checksums of bytes right, whatever else is wrong with them: no fuzzer guesses one, and
/// without them it would never come further than the first.
///
/// They hold as well for numbers that nobody comes to by counting: the position before 0, a version
/// of 2^60. Only somebody who knows the secret can write those, and could write any event as well:
/// so positions, versions and epochs are made small on the way.
namespace mainstem::fuzz {

/// Magic and checksum of a segment's header. Nothing if `file` is too short for one.
void reseal_header(std::span<std::byte> file, const format::store_identity& store);

/// All checksums of the frame at the start of `rest`, the bytes of its segment from `file_offset`
/// on.
/// @returns its length; 0 if its sizes do not fit, in which case nothing was changed.
std::uint32_t reseal_frame(std::span<std::byte> rest, const format::store_identity& store,
                           std::uint64_t file_offset);

struct resealing {
  bool header = true;
  bool frames = true;
  /// Segment number, epoch and previous checksum of the frames too, so that they hang together.
  bool chain = true;
};

/// The header and, from wherever the magic of a frame stands, the frames of a segment.
/// @param chain the checksum of the frame before it; afterwards that of its last one.
void reseal_segment(std::span<std::byte> file, const format::store_identity& store,
                    const resealing& what, std::uint64_t& chain);

void reseal_manifest(std::span<std::byte> file);

void reseal_control_page(std::span<std::byte> page, const format::store_identity& store);

}  // namespace mainstem::fuzz
