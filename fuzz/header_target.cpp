// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "format/segment_header.h"
#include "parts.h"
#include "reseal.h"

namespace mainstem::fuzz {
namespace {

using namespace format;

void run(byte_span bytes) {
  input from(bytes);
  const bool resealed = from.flag();
  byte_vector header(from.rest().begin(), from.rest().end());
  if (resealed) reseal_header(header, the_store());
  const auto read = decode_segment_header(header, the_store());
  if (!read) return;

  byte_vector again(segment_header_layout::size);
  encode_segment_header(*read, the_store(), again);
  const auto reread = decode_segment_header(again, the_store());
  require(reread && *reread == *read, "a header is read as it was written");
  // What a reader does not look at is not kept.
  namespace at = segment_header_layout;
  const auto same = [&](std::size_t begin, std::size_t end) {
    return std::equal(header.begin() + static_cast<std::ptrdiff_t>(begin),
                      header.begin() + static_cast<std::ptrdiff_t>(end),
                      again.begin() + static_cast<std::ptrdiff_t>(begin));
  };
  require(
      same(0, at::header_size.offset) && same(at::compatible_features.offset, at::reserved.offset),
      "a header is encoded to the same bytes");
}

std::vector<byte_vector> seeds() {
  const auto segments = some_segments(true);
  std::vector<byte_vector> all;
  for (const auto& segment : segments) {
    const auto header = byte_span(segment).first(segment_header_layout::size);
    for (const std::uint8_t resealed : {std::uint8_t{0}, std::uint8_t{1}})
      all.push_back(output().add(resealed).add_bytes(header).take());
  }
  return all;
}

}  // namespace

extern const target header_target;
const target header_target{"header", run, seeds};

}  // namespace mainstem::fuzz
