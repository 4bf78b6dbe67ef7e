// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "format/trailer.h"
#include "parts.h"
#include "reseal.h"

namespace mainstem::fuzz {
namespace {

using namespace format;

void check(byte_span bytes, std::uint64_t offset) {
  const auto read = decode_trailer(bytes, the_store().secret, offset);
  if (!read) return;
  require(read->entries.size() <= bytes.size() / trailer_body_layout::entry_size,
          "a table is no larger than its bytes");
  for (const sparse_entry& entry : read->entries)
    require(entry.offset < offset, "an entry leads to a place before the trailer");
  const auto again = encode_trailer(*read, the_store().secret);
  require(again.size() == read->prefix.length, "a trailer is encoded to the same length");
  const auto reread = decode_trailer(again, the_store().secret, offset);
  require(reread && reread->entries == read->entries &&
              reread->last_position == read->last_position &&
              reread->frame_count == read->frame_count && reread->event_count == read->event_count,
          "a trailer is read as it was written");
}

void run(byte_span bytes) {
  input from(bytes);
  const bool resealed = from.flag();
  const std::uint64_t offset = from.take<std::uint32_t>() * alignment_bytes;
  byte_vector frame(from.rest().begin(), from.rest().end());
  if (resealed) {
    // The length at the very end is how a trailer is found.
    reseal_frame(frame, the_store(), offset);
  }
  check(frame, offset);
  const auto last = byte_span(frame).last(std::min<std::size_t>(frame.size(), 8));
  const std::uint64_t size = offset + frame.size();
  if (const auto begin = trailer_offset(last, size))
    require(*begin >= segment_header_layout::size && *begin < size, "a trailer begins in its file");
}

std::vector<byte_vector> seeds() {
  trailer fields;
  fields.prefix.segment = 1;
  fields.prefix.first_position = 9;
  fields.offset_bytes = 4096;
  fields.first_position = 1;
  fields.last_position = 8;
  fields.frame_count = 4;
  fields.event_count = 8;
  std::vector<byte_vector> all;
  for (std::uint64_t entries = 0; entries < 3; ++entries) {
    if (entries != 0) fields.entries.push_back({entries * 3, 256 * entries});
    const auto frame = encode_trailer(fields, the_store().secret);
    for (const std::uint8_t resealed : {std::uint8_t{0}, std::uint8_t{1}})
      all.push_back(output().add(resealed).add(std::uint32_t{512}).add_bytes(frame).take());
  }
  return all;
}

}  // namespace

extern const target trailer_target;
const target trailer_target{"trailer", run, seeds};

}  // namespace mainstem::fuzz
