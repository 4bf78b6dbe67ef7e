// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <mainstem/append.h>

#include "format/commit_body.h"
#include "format/segment_header.h"
#include "input.h"
#include "target.h"

/// What several targets are made of.
namespace mainstem::fuzz {

/// Whose store all of them are about.
[[nodiscard]] const format::store_identity& the_store();

[[nodiscard]] uuid uuid_of(std::uint8_t number);
/// Sixteen bytes; zeros behind the end of the input.
[[nodiscard]] uuid take_uuid(input& from);

/// Events and streams as the input says, all of them legal.
[[nodiscard]] std::vector<append_request::stream_write> take_writes(input& from);

/// A whole commit frame for its place.
[[nodiscard]] byte_vector make_commit_frame(std::span<const append_request::stream_write> writes,
                                            const format::frame_prefix& fields,
                                            std::uint64_t file_offset);

/// Two streams, three events, tags, metadata: what a commit can hold.
[[nodiscard]] std::vector<append_request::stream_write> some_writes();

/// A log of one segment, or of two of which the first is sealed.
[[nodiscard]] std::vector<byte_vector> some_segments(bool two);

}  // namespace mainstem::fuzz
