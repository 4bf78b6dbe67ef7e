// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include <mainstem/metadata.h>

#include "base/text.h"
#include "format/layout.h"
#include "format/traceparent.h"
#include "parts.h"

namespace mainstem::fuzz {
namespace {

void check_bytes(byte_span bytes) {
  const auto version = schema_version_of(bytes);
  require(version.has_value() == (bytes.empty() || is_event_metadata(bytes)),
          "only event_metadata has a schema version");
  const auto read = event_metadata::decode(bytes);
  if (!read) {
    require(read.error() == errc::foreign_metadata || read.error() == errc::malformed_metadata,
            "what is wrong with metadata has one of two names");
    require(version.has_value() == (read.error() == errc::malformed_metadata),
            "metadata is foreign to all or to none");
    return;
  }
  require(version && *version == read->schema_version, "the schema version is read as with all");
  // A reader is more lenient than a writer: of names that are empty, for one.
  const auto again = read->encode();
  if (!again) return;
  const auto reread = event_metadata::decode(*again);
  require(reread && *reread == *read, "metadata is read as it was written");
  const auto stable = reread->encode();
  require(stable && *stable == *again, "equal metadata gives equal bytes");
}

void check_traceparent(const std::string& text) {
  const bool sound = format::traceparent_flaw(text).empty();
  if (text.empty()) return;
  event_metadata metadata;
  metadata.traceparent = text;
  const auto encoded = metadata.encode();
  require(encoded.has_value() == sound, "metadata takes a traceparent that is one, and no other");
  if (!encoded) return;
  require(text.size() >= 55 && text[2] == '-' && text[35] == '-' && text[52] == '-',
          "a traceparent has its dashes in their places");
  const auto read = event_metadata::decode(*encoded);
  require(read && read->traceparent == text, "a traceparent is read as it was written");
}

/// What was encoded is what is decoded.
void check_members(input from) {
  event_metadata metadata;
  metadata.schema_version = from.take<std::uint32_t>();
  const uuid correlation = take_uuid(from);
  const uuid causation = take_uuid(from);
  if (correlation != uuid()) metadata.correlation_id = correlation;
  if (causation != uuid()) metadata.causation_id = causation;
  metadata.content_type = from.take_text();
  for (std::size_t i = from.below(5); i > 0; --i)
    metadata.headers.push_back({from.take_text(), from.take_text()});
  bool legal = is_utf8(metadata.content_type);
  for (const auto& header : metadata.headers)
    legal = legal && !header.name.empty() && is_utf8(header.name);
  const auto encoded = metadata.encode();
  // NUL in a text may be refused as well.
  require(!encoded || legal, "what is no text is refused");
  if (!encoded) return;
  const auto read = event_metadata::decode(*encoded);
  require(read && *read == metadata, "metadata is read as it was written");
}

void run(byte_span bytes) {
  input from(bytes);
  switch (from.take<std::uint8_t>() % 4) {
    case 0: return check_bytes(from.rest());
    case 1: {
      // With the sixteen bytes by which metadata is known, but for the sizes.
      byte_vector metadata(from.rest().begin(), from.rest().end());
      metadata.resize(metadata.size() / 8 * 8);
      if (metadata.size() < format::event_metadata_layout::size) return;
      namespace at = format::event_metadata_layout;
      store_at(metadata.data() + at::root_offset.offset, std::uint32_t{0});
      store_at(metadata.data() + at::marker.offset, format::metadata_marker);
      return check_bytes(metadata);
    }
    case 2: return check_traceparent(std::string(as_text(from.rest())));
    default: return check_members(from);
  }
}

std::vector<byte_vector> seeds() {
  event_metadata full;
  full.schema_version = 2;
  full.correlation_id = uuid_of(1);
  full.causation_id = uuid_of(2);
  full.content_type = "application/json";
  full.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  full.headers = {{"tracestate", "a=1"}, {"empty", ""}};
  const auto encoded = full.encode().value();
  const auto small = event_metadata{.schema_version = 7}.encode().value();
  const auto with = [](std::uint8_t mode, byte_span bytes) {
    return output().add(mode).add_bytes(bytes).take();
  };
  return {with(0, encoded),
          with(1, encoded),
          with(0, small),
          with(2, as_bytes(full.traceparent)),
          with(2, as_bytes("01-" + full.traceparent.substr(3) + "-more")),
          with(3, output()
                      .add(std::uint32_t{3})
                      .add_bytes(byte_span(uuid_of(1).bytes()))
                      .add_bytes(byte_span(uuid_of(0).bytes()))
                      .add_text("text/plain")
                      .add(std::uint16_t{1})
                      .add_text("name")
                      .add_text("value")
                      .take())};
}

}  // namespace

extern const target metadata_target;
const target metadata_target{"metadata", run, seeds};

}  // namespace mainstem::fuzz
