// SPDX-License-Identifier: Apache-2.0
#include "format/manifest.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"
#include "format/manifest.capnp.h"

namespace mainstem::format {
namespace {

namespace at = manifest_layout;

constexpr std::size_t writer_version_bytes = 255;

/// Covers what stands before the checksum, and the message.
std::uint64_t manifest_checksum(std::span<const std::byte> file) noexcept {
  return checksum64(file.subspan(at::size), checksum64(file.first(at::checksum.offset)));
}

capnp::Data::Reader to_data(const uuid& id) {
  return {reinterpret_cast<const capnp::byte*>(id.bytes().data()), id.bytes().size()};
}

uuid to_uuid(capnp::Data::Reader data) {
  uuid::bytes_type bytes{};
  if (data.size() == bytes.size()) std::memcpy(bytes.data(), data.begin(), bytes.size());
  return uuid(bytes);
}

error corrupt(const char* detail) { return {errc::corrupt_manifest, detail}; }

manifest read_message(std::span<const std::byte> message) {
  // Cap'n Proto wants its words aligned, and the bytes of a file need not be.
  auto words = kj::heapArray<capnp::word>(message.size() / sizeof(capnp::word));
  auto bytes = words.asBytes();
  std::memcpy(bytes.begin(), message.data(), bytes.size());
  const kj::ArrayPtr<const capnp::word> segments[] = {words};
  capnp::SegmentArrayMessageReader reader(segments);
  const auto root = reader.getRoot<schema::Manifest>();

  manifest fields;
  fields.store.store_id = to_uuid(root.getStoreId());
  fields.store.lineage_id = to_uuid(root.getLineageId());
  fields.store.parent_lineage_id = to_uuid(root.getParentLineageId());
  fields.store.secret = root.getSecret();
  fields.created = root.getCreated();
  fields.compatible_features = root.getCompatibleFeatures();
  fields.incompatible_features = root.getIncompatibleFeatures();
  fields.minimum_reader = root.getMinimumReader();
  fields.writer_version = root.getWriterVersion().cStr();
  return fields;
}

}  // namespace

std::vector<std::byte> encode_manifest(const manifest& fields) {
  MAINSTEM_ASSERT(fields.writer_version.size() <= writer_version_bytes);
  // Large enough for all of it: the layout wants one segment.
  capnp::MallocMessageBuilder builder(128);
  auto root = builder.initRoot<schema::Manifest>();
  root.setStoreId(to_data(fields.store.store_id));
  root.setLineageId(to_data(fields.store.lineage_id));
  root.setParentLineageId(to_data(fields.store.parent_lineage_id));
  root.setSecret(fields.store.secret);
  root.setCreated(fields.created);
  root.setCompatibleFeatures(fields.compatible_features);
  root.setIncompatibleFeatures(fields.incompatible_features);
  root.setMinimumReader(fields.minimum_reader);
  root.setWriterVersion(fields.writer_version.c_str());
  const auto segments = builder.getSegmentsForOutput();
  MAINSTEM_ASSERT(segments.size() == 1);
  const auto message = segments[0].asBytes();

  std::vector<std::byte> file(at::size + message.size());
  std::memcpy(file.data() + at::size, message.begin(), message.size());
  store_at(file.data() + at::magic.offset, manifest_magic);
  store_at(file.data() + at::format_version.offset, format_version);
  store_at(file.data() + at::message_size.offset, static_cast<std::uint32_t>(message.size()));
  store_at(file.data() + at::checksum.offset, manifest_checksum(file));
  return file;
}

result<manifest> decode_manifest(std::span<const std::byte> file) {
  if (file.size() < at::size) return corrupt("the manifest is shorter than its head");
  const std::byte* const data = file.data();
  if (load<std::uint64_t>(data + at::magic.offset) != manifest_magic) {
    return corrupt("the manifest does not begin with its magic");
  }
  const std::size_t message_size = load<std::uint32_t>(data + at::message_size.offset);
  if (message_size != file.size() - at::size || message_size % sizeof(capnp::word) != 0) {
    return corrupt("the manifest has another size than it says");
  }
  if (load<std::uint64_t>(data + at::checksum.offset) != manifest_checksum(file)) {
    return corrupt("the manifest does not carry its checksum");
  }
  // The head is the same in every format version.
  const auto version = load<std::uint32_t>(data + at::format_version.offset);
  if (version != format_version) {
    return error(errc::unsupported_format, "the manifest has format version " +
                                               std::to_string(version) + ", this Mainstem reads " +
                                               std::to_string(format_version));
  }
  manifest fields;
  try {
    fields = read_message(file.subspan(at::size));
  } catch (const kj::Exception& failure) {
    return error(errc::corrupt_manifest, failure.getDescription().cStr());
  }
  if (auto known = check_features(fields.incompatible_features, fields.minimum_reader); !known)
    return known.error();
  return fields;
}

}  // namespace mainstem::format
