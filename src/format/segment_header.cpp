// SPDX-License-Identifier: Apache-2.0
#include "format/segment_header.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"
#include "format/layout.h"
#include "format/uuid_field.h"

namespace mainstem::format {
namespace {

namespace at = segment_header_layout;

std::string version_text(std::uint32_t packed) {
  return std::to_string(packed >> 16U) + "." + std::to_string(packed & 0xffffU);
}

}  // namespace

void encode_segment_header(const segment_header& header, const store_identity& store,
                           std::span<std::byte> into) {
  MAINSTEM_ASSERT(into.size() == at::size);
  std::byte* const to = into.data();
  std::memset(to, 0, at::size);
  store_at(to + at::magic.offset, segment_magic);
  store_at(to + at::format_version.offset, format_version);
  store_at(to + at::header_size.offset, static_cast<std::uint32_t>(at::size));
  store_at(to + at::compatible_features.offset, header.compatible_features);
  store_at(to + at::incompatible_features.offset, header.incompatible_features);
  put_uuid(to + at::store_id.offset, header.store_id);
  put_uuid(to + at::lineage_id.offset, header.lineage_id);
  put_uuid(to + at::parent_lineage_id.offset, header.parent_lineage_id);
  store_at(to + at::segment.offset, header.segment);
  store_at(to + at::epoch.offset, header.epoch);
  store_at(to + at::first_position.offset, header.first_position);
  store_at(to + at::previous_checksum.offset, header.previous_checksum);
  store_at(to + at::segment_size.offset, header.segment_size);
  store_at(to + at::created.offset, header.created);
  store_at(to + at::minimum_reader.offset, header.minimum_reader);
  store_at(to + at::flags.offset, header.flags);
  store_at(to + at::checksum.offset, checksum64(into.first(at::checksum.offset), store.secret));
}

result<segment_header> decode_segment_header(std::span<const std::byte> from,
                                             const store_identity& store) {
  if (from.size() < at::size)
    return error(errc::corrupt_data, "the segment file is shorter than its header");
  const std::byte* const data = from.data();
  if (load<std::uint64_t>(data + at::magic.offset) != segment_magic) {
    return error(errc::corrupt_data, "the segment does not begin with a segment header");
  }
  // The place of magic, store id and checksum is the same in every format version.
  const std::uint64_t checksum = checksum64(from.first(at::checksum.offset), store.secret);
  if (load<std::uint64_t>(data + at::checksum.offset) != checksum) {
    if (get_uuid(data + at::store_id.offset) != store.store_id) {
      return error(errc::foreign_file, "the segment says it is of store " +
                                           get_uuid(data + at::store_id.offset).to_string() +
                                           ", not of " + store.store_id.to_string() +
                                           ": move it to where it belongs");
    }
    return error(errc::corrupt_data, "the segment header does not carry its checksum");
  }
  segment_header header;
  header.minimum_reader = load<std::uint32_t>(data + at::minimum_reader.offset);
  if (load<std::uint32_t>(data + at::format_version.offset) != format_version) {
    return error(errc::unsupported_format,
                 "needs Mainstem " + version_text(header.minimum_reader) + " or later");
  }
  header.compatible_features = load<std::uint64_t>(data + at::compatible_features.offset);
  header.incompatible_features = load<std::uint64_t>(data + at::incompatible_features.offset);
  if (auto checked = check_features(header.incompatible_features, header.minimum_reader);
      !checked) {
    return checked.error();
  }
  header.store_id = get_uuid(data + at::store_id.offset);
  header.lineage_id = get_uuid(data + at::lineage_id.offset);
  header.parent_lineage_id = get_uuid(data + at::parent_lineage_id.offset);
  header.segment = load<std::uint32_t>(data + at::segment.offset);
  header.epoch = load<std::uint32_t>(data + at::epoch.offset);
  header.first_position = load<std::uint64_t>(data + at::first_position.offset);
  header.previous_checksum = load<std::uint64_t>(data + at::previous_checksum.offset);
  header.segment_size = load<std::uint64_t>(data + at::segment_size.offset);
  header.created = load<std::uint64_t>(data + at::created.offset);
  header.flags = load<std::uint32_t>(data + at::flags.offset);
  return header;
}

result<void> check_features(std::uint64_t incompatible, std::uint32_t minimum_reader) {
  const std::uint64_t unknown = incompatible & ~features::known_incompatible;
  if (unknown == 0) return {};
  return error(errc::unsupported_format, "it uses features (bits " + std::to_string(unknown) +
                                             ") that need Mainstem " +
                                             version_text(minimum_reader) + " or later");
}

}  // namespace mainstem::format
