// SPDX-License-Identifier: Apache-2.0
#include <capnp/message.h>
#include <kj/exception.h>
#include <mainstem/metadata.h>
#include <mainstem/types.h>

#include <cstring>

#include "base/bytes.h"
#include "base/text.h"
#include "format/event_metadata.capnp.h"
#include "format/layout.h"
#include "format/traceparent.h"

namespace mainstem {
namespace {

namespace at = format::event_metadata_layout;
namespace schema = format::schema;

error invalid(std::string detail) { return {errc::invalid_metadata, std::move(detail)}; }

result<void> check_text(std::string_view member, std::string_view text) {
  const std::size_t valid = utf8_prefix_bytes(text);
  if (valid == text.size()) return {};
  return invalid(std::string(member) + " is not UTF-8 at byte " + std::to_string(valid) +
                 " (counted from 0)");
}

result<void> check_id(std::string_view member, const std::optional<uuid>& id) {
  if (!id || !id->is_nil()) return {};
  return invalid(std::string(member) + " is nil (all zero): leave it unset instead");
}

result<void> check(const event_metadata& given) {
  if (auto id = check_id("correlation_id", given.correlation_id); !id) return id.error();
  if (auto id = check_id("causation_id", given.causation_id); !id) return id.error();
  if (auto text = check_text("content_type", given.content_type); !text) return text.error();
  if (!given.traceparent.empty()) {
    if (auto flaw = format::traceparent_flaw(given.traceparent); !flaw.empty())
      return invalid(std::move(flaw));
  }
  for (const metadata_header& header : given.headers) {
    if (header.name.empty()) return invalid("a header has no name");
    if (auto text = check_text("a header's name", header.name); !text) return text.error();
  }
  return {};
}

error too_large(std::size_t bytes) {
  return {errc::metadata_too_large, "this one has " + std::to_string(bytes) + " bytes"};
}

/// At least what encode() will write of the members that have no bound.
std::size_t unbounded_bytes(const event_metadata& given) noexcept {
  std::size_t bytes = given.content_type.size() + given.traceparent.size();
  for (const metadata_header& header : given.headers)
    bytes += 2 * sizeof(capnp::word) + header.name.size() + header.value.size();
  return bytes;
}

capnp::Data::Reader to_data(const void* bytes, std::size_t size) {
  return {static_cast<const capnp::byte*>(bytes), size};
}

void fill(schema::EventMetadata::Builder to, const event_metadata& from) {
  to.setMarker(format::metadata_marker);
  to.setSchemaVersion(from.schema_version);
  if (!from.traceparent.empty()) to.setTraceparent(from.traceparent.c_str());
  if (from.correlation_id) to.setCorrelationId(to_data(from.correlation_id->bytes().data(), 16));
  if (from.causation_id) to.setCausationId(to_data(from.causation_id->bytes().data(), 16));
  if (!from.content_type.empty())
    to.setContentType({from.content_type.c_str(), from.content_type.size()});
  if (from.headers.empty()) return;
  auto headers = to.initHeaders(static_cast<capnp::uint>(from.headers.size()));
  for (capnp::uint i = 0; i < headers.size(); ++i) {
    const metadata_header& header = from.headers[i];
    headers[i].setName({header.name.c_str(), header.name.size()});
    headers[i].setValue(to_data(header.value.data(), header.value.size()));
  }
}

std::optional<uuid> to_id(capnp::Data::Reader data, const char* member) {
  if (data.size() == 0) return std::nullopt;
  uuid::bytes_type bytes{};
  KJ_REQUIRE(data.size() == bytes.size(), "an id has another size", member, data.size());
  std::memcpy(bytes.data(), data.begin(), bytes.size());
  return uuid(bytes);
}

std::string to_string(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

event_metadata read(schema::EventMetadata::Reader from) {
  event_metadata to;
  to.schema_version = from.getSchemaVersion();
  to.correlation_id = to_id(from.getCorrelationId(), "correlationId");
  to.causation_id = to_id(from.getCausationId(), "causationId");
  to.content_type = to_string(from.getContentType());
  to.traceparent = to_string(from.getTraceparent());
  for (const auto header : from.getHeaders()) {
    const auto value = header.getValue();
    to.headers.push_back({to_string(header.getName()),
                          std::string(reinterpret_cast<const char*>(value.begin()), value.size())});
  }
  return to;
}

}  // namespace

result<std::vector<std::byte>> event_metadata::encode() const {
  if (*this == event_metadata{}) return std::vector<std::byte>{};
  if (auto checked = check(*this); !checked) return checked.error();
  // Before any of it is copied, let alone more of it than a message can have.
  if (const auto bytes = unbounded_bytes(*this); bytes > limits::metadata_bytes)
    return too_large(bytes);

  capnp::word scratch[64] = {};
  capnp::MallocMessageBuilder builder(kj::arrayPtr(scratch, std::size(scratch)));
  auto root = builder.initRoot<schema::EventMetadata>();
  fill(root, *this);
  // Pointers at the end that are not set take no space in canonical form, and there is one form.
  const auto words = capnp::canonicalize(root.asReader());
  const auto bytes = words.asBytes();
  if (bytes.size() > limits::metadata_bytes) return too_large(bytes.size());
  std::vector<std::byte> encoded(bytes.size());
  std::memcpy(encoded.data(), bytes.begin(), bytes.size());
  return encoded;
}

result<event_metadata> event_metadata::decode(std::span<const std::byte> metadata) {
  if (metadata.empty()) return event_metadata{};
  if (!is_event_metadata(metadata)) return error(errc::foreign_metadata);
  // An event's metadata begins anywhere, and Cap'n Proto wants its words aligned.
  capnp::word scratch[64];
  kj::Array<capnp::word> larger;
  auto words = kj::arrayPtr(scratch, std::size(scratch));
  if (metadata.size() > sizeof(scratch))
    words = larger = kj::heapArray<capnp::word>(metadata.size() / sizeof(capnp::word));
  words = words.slice(0, metadata.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), metadata.data(), metadata.size());
  try {
    const kj::ArrayPtr<const capnp::word> segments[] = {words};
    // Everything is read once. Pointers that share what they point at would make more of it.
    capnp::ReaderOptions options;
    options.traversalLimitInWords = 2 * words.size() + 16;
    capnp::SegmentArrayMessageReader reader(segments, options);
    return read(reader.getRoot<schema::EventMetadata>());
  } catch (const kj::Exception& failure) {
    return error(errc::malformed_metadata, failure.getDescription().cStr());
  }
}

bool is_event_metadata(std::span<const std::byte> metadata) noexcept {
  if (metadata.size() < at::size || metadata.size() % sizeof(capnp::word) != 0) return false;
  const std::byte* const data = metadata.data();
  const std::size_t struct_words = std::size_t{load<std::uint16_t>(data + at::data_words.offset)} +
                                   load<std::uint16_t>(data + at::pointer_count.offset);
  return load<std::uint32_t>(data + at::root_offset.offset) == 0 &&
         load<std::uint16_t>(data + at::data_words.offset) != 0 &&
         struct_words < metadata.size() / sizeof(capnp::word) &&
         load<std::uint32_t>(data + at::marker.offset) == format::metadata_marker;
}

result<std::uint32_t> schema_version_of(std::span<const std::byte> metadata) {
  if (metadata.empty()) return std::uint32_t{0};
  if (!is_event_metadata(metadata)) return error(errc::foreign_metadata);
  return load<std::uint32_t>(metadata.data() + at::schema_version.offset);
}

}  // namespace mainstem
