// SPDX-License-Identifier: Apache-2.0
#include "format/trailer.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"

namespace mainstem::format {
namespace {

namespace at = trailer_body_layout;

bool is_ascending(const trailer& fields) noexcept {
  const sparse_entry* before = nullptr;
  for (const sparse_entry& entry : fields.entries) {
    if (entry.offset < segment_header_layout::size || entry.offset >= fields.offset_bytes)
      return false;
    if (before != nullptr && (entry.offset <= before->offset || entry.position < before->position))
      return false;
    before = &entry;
  }
  return true;
}

}  // namespace

bool is_coherent(const trailer& fields) noexcept {
  if (fields.first_position == 0 || fields.last_position < fields.first_position - 1 ||
      fields.prefix.first_position == 0 || fields.prefix.first_position != fields.last_position + 1)
    return false;
  return is_ascending(fields) &&
         std::ranges::all_of(fields.entries, [&fields](const sparse_entry& entry) {
           return entry.position >= fields.first_position && entry.position <= fields.last_position;
         });
}

std::vector<std::byte> encode_trailer(const trailer& fields, std::uint64_t secret) {
  MAINSTEM_ASSERT(is_coherent(fields));
  const std::uint64_t length = trailer_bytes(fields.entries.size());
  std::vector<std::byte> frame(length);
  std::byte* const body = frame.data() + prefix_bytes(0);
  store_at(body + at::first_position.offset, fields.first_position);
  store_at(body + at::last_position.offset, fields.last_position);
  store_at(body + at::frame_count.offset, fields.frame_count);
  store_at(body + at::event_count.offset, fields.event_count);
  store_at(body + at::first_timestamp.offset, fields.first_timestamp);
  store_at(body + at::last_timestamp.offset, fields.last_timestamp);
  store_at(body + at::entry_count.offset, std::uint64_t{fields.entries.size()});
  std::byte* to = body + at::size;
  for (const sparse_entry& entry : fields.entries) {
    store_at(to, entry.position);
    store_at(to + sizeof(entry.position), entry.offset);
    to += at::entry_size;
  }
  store_at(to, length);

  frame_prefix prefix = fields.prefix;
  prefix.kind = frame_kind::trailer;
  prefix.flags = 0;
  prefix.stream_count = 0;
  prefix.length = static_cast<std::uint32_t>(length);
  prefix.event_count = 0;
  prefix.body_digest = checksum64(std::span<const std::byte>(frame).subspan(prefix_bytes(0)));
  encode_prefix(prefix, std::span(frame).first(prefix_bytes(0)), secret, fields.offset_bytes);
  return frame;
}

std::optional<trailer> decode_trailer(std::span<const std::byte> from, std::uint64_t secret,
                                      std::uint64_t file_offset) {
  const auto prefix = decode_prefix(from, secret, file_offset);
  if (!prefix || prefix->kind != frame_kind::trailer || prefix->stream_count != 0 ||
      prefix->event_count != 0 || prefix->length < trailer_bytes(0)) {
    return std::nullopt;
  }
  const auto frame = from.first(prefix->length);
  const auto body = frame.subspan(prefix_bytes(0));
  if (checksum64(body) != prefix->body_digest || !verify_versions(*prefix, frame))
    return std::nullopt;

  const std::byte* const data = body.data();
  const auto entry_count = load<std::uint64_t>(data + at::entry_count.offset);
  if (entry_count > body.size() / at::entry_size || trailer_bytes(entry_count) != prefix->length)
    return std::nullopt;

  trailer fields;
  fields.prefix = *prefix;
  fields.offset_bytes = file_offset;
  fields.first_position = load<std::uint64_t>(data + at::first_position.offset);
  fields.last_position = load<std::uint64_t>(data + at::last_position.offset);
  fields.frame_count = load<std::uint64_t>(data + at::frame_count.offset);
  fields.event_count = load<std::uint64_t>(data + at::event_count.offset);
  fields.first_timestamp = load<std::uint64_t>(data + at::first_timestamp.offset);
  fields.last_timestamp = load<std::uint64_t>(data + at::last_timestamp.offset);
  fields.entries.reserve(entry_count);
  for (std::size_t i = 0; i < entry_count; ++i) {
    const std::byte* const entry = data + at::size + at::entry_size * i;
    fields.entries.push_back(
        {load<std::uint64_t>(entry), load<std::uint64_t>(entry + sizeof(std::uint64_t))});
  }
  if (!is_coherent(fields)) return std::nullopt;
  return fields;
}

std::optional<std::uint64_t> trailer_offset(std::span<const std::byte> last_bytes,
                                            std::uint64_t file_size_bytes) noexcept {
  if (last_bytes.size() < at::frame_length_size) return std::nullopt;
  const auto length =
      load<std::uint64_t>(last_bytes.data() + last_bytes.size() - at::frame_length_size);
  if (length < trailer_bytes(0) || length % alignment_bytes != 0) return std::nullopt;
  if (file_size_bytes < segment_header_layout::size ||
      length > file_size_bytes - segment_header_layout::size) {
    return std::nullopt;
  }
  return file_size_bytes - length;
}

}  // namespace mainstem::format
