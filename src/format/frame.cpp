// SPDX-License-Identifier: Apache-2.0
#include "format/frame.h"

#include <string>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/mutant.h"

namespace mainstem::format {
namespace {

namespace at = frame_prefix_layout;

// A frame that was moved to another offset, or comes from another store, fails.
std::uint64_t place_seed(std::uint64_t secret, std::uint64_t file_offset) noexcept {
  if (MAINSTEM_MUTANT(checksum_without_place)) return secret;
  if (MAINSTEM_MUTANT(checksum_without_store)) return file_offset;
  return secret ^ (file_offset * 0x9e3779b97f4a7c15U);
}

std::uint64_t prefix_checksum(std::span<const std::byte> prefix, std::uint64_t secret,
                              std::uint64_t file_offset) noexcept {
  return checksum64(prefix.first(at::size).subspan(at::checksum.size),
                    place_seed(secret, file_offset));
}

std::uint64_t digest_of_versions(std::span<const std::byte> prefix) noexcept {
  return checksum64(prefix.subspan(at::size));
}

}  // namespace

std::uint64_t encode_prefix(const frame_prefix& fields, std::span<std::byte> prefix,
                            std::uint64_t secret, std::uint64_t file_offset) noexcept {
  MAINSTEM_ASSERT(prefix.size() == prefix_bytes(fields.stream_count));
  std::byte* const to = prefix.data();
  store_at(to + at::magic.offset, frame_magic);
  store_at(to + at::kind.offset, static_cast<std::uint8_t>(fields.kind));
  store_at(to + at::flags.offset, fields.flags);
  store_at(to + at::stream_count.offset, fields.stream_count);
  store_at(to + at::length.offset, fields.length);
  store_at(to + at::event_count.offset, fields.event_count);
  store_at(to + at::epoch.offset, fields.epoch);
  store_at(to + at::segment.offset, fields.segment);
  store_at(to + at::first_position.offset, fields.first_position);
  store_at(to + at::durable_position.offset, fields.durable_position);
  store_at(to + at::timestamp.offset, fields.timestamp);
  store_at(to + at::previous_checksum.offset, fields.previous_checksum);
  store_at(to + at::versions_digest.offset, digest_of_versions(prefix));
  store_at(to + at::body_digest.offset, fields.body_digest);
  const std::uint64_t checksum = prefix_checksum(prefix, secret, file_offset);
  store_at(to + at::checksum.offset, checksum);
  return checksum;
}

std::optional<frame_prefix> decode_prefix(std::span<const std::byte> from, std::uint64_t secret,
                                          std::uint64_t file_offset) noexcept {
  if (from.size() < at::size) return std::nullopt;
  return decode_fixed_prefix(from.first(at::size), from.size(), secret, file_offset);
}

std::optional<frame_prefix> decode_fixed_prefix(std::span<const std::byte> fixed,
                                                std::uint64_t available_bytes, std::uint64_t secret,
                                                std::uint64_t file_offset) noexcept {
  if (fixed.size() < at::size) return std::nullopt;
  const std::byte* const data = fixed.data();
  if (load<std::uint32_t>(data + at::magic.offset) != frame_magic) return std::nullopt;

  frame_prefix fields;
  fields.kind = static_cast<frame_kind>(load<std::uint8_t>(data + at::kind.offset));
  fields.flags = load<std::uint8_t>(data + at::flags.offset);
  fields.stream_count = load<std::uint16_t>(data + at::stream_count.offset);
  fields.length = load<std::uint32_t>(data + at::length.offset);
  const std::size_t prefix_size = prefix_bytes(fields.stream_count);
  if (fields.length % alignment_bytes != 0 || fields.length < prefix_size ||
      fields.length > available_bytes) {
    return std::nullopt;
  }
  fields.checksum = load<std::uint64_t>(data + at::checksum.offset);
  if (fields.checksum != prefix_checksum(fixed, secret, file_offset)) return std::nullopt;

  fields.event_count = load<std::uint32_t>(data + at::event_count.offset);
  fields.epoch = load<std::uint32_t>(data + at::epoch.offset);
  fields.segment = load<std::uint32_t>(data + at::segment.offset);
  fields.first_position = load<std::uint64_t>(data + at::first_position.offset);
  fields.durable_position = load<std::uint64_t>(data + at::durable_position.offset);
  fields.timestamp = load<std::uint64_t>(data + at::timestamp.offset);
  fields.previous_checksum = load<std::uint64_t>(data + at::previous_checksum.offset);
  fields.versions_digest = load<std::uint64_t>(data + at::versions_digest.offset);
  fields.body_digest = load<std::uint64_t>(data + at::body_digest.offset);
  return fields;
}

bool verify_versions(const frame_prefix& prefix, std::span<const std::byte> frame) noexcept {
  return digest_of_versions(frame.first(prefix_bytes(prefix.stream_count))) ==
         prefix.versions_digest;
}

result<void> check_kind(const frame_prefix& prefix) {
  const auto kind = static_cast<unsigned>(prefix.kind);
  const bool known_kind = prefix.kind == frame_kind::commit || prefix.kind == frame_kind::mark ||
                          prefix.kind == frame_kind::trailer;
  if (known_kind && (prefix.flags & ~frame_flags::known) == 0) return {};
  return error(errc::unsupported_format,
               "a frame of kind " + std::to_string(kind) + " with flags " +
                   std::to_string(prefix.flags) +
                   " is unknown to this version: open the store with a newer one");
}

std::uint64_t find_frame_magic(std::span<const std::byte> segment,
                               std::uint64_t from_offset) noexcept {
  std::uint64_t offset = align_up(from_offset, alignment_bytes);
  for (; offset + at::size <= segment.size(); offset += alignment_bytes) {
    if (load<std::uint32_t>(segment.data() + offset + at::magic.offset) == frame_magic)
      return offset;
  }
  return segment.size();
}

}  // namespace mainstem::format
