// SPDX-License-Identifier: Apache-2.0
#include "known_events.h"

#include "format/commit_body.h"
#include "format/event_access.h"
#include "format/frame.h"

namespace mainstem::fuzz {
namespace {

constexpr std::size_t most_streams = 16;

}  // namespace

// All that an event is, each part behind its length.
std::string known_events::words_of(const event_view& event, bool with_place) {
  std::string words;
  const auto add = [&words](std::string_view part) {
    words.append(std::to_string(part.size())).append(":").append(part);
  };
  for (const std::uint64_t number :
       {event.position().value(), with_place ? event.version().value() : 0,
        static_cast<std::uint64_t>(event.time().time_since_epoch().count()),
        static_cast<std::uint64_t>(event.codec())})
    add(std::to_string(number));
  add(event.id().to_string());
  add(with_place ? event.stream() : std::string_view());
  add(event.type());
  add(event.metadata_text());
  add(event.payload_text());
  for (const std::string_view tag : event.tags()) add(tag);
  return words;
}

void known_events::add_file(byte_span file) {
  files_.emplace_back(file.begin(), file.end());
  add_frames(file);
}

void known_events::use_secret(std::uint64_t secret) {
  if (secret == secret_) return;
  secret_ = secret;
  all_.clear();
  contents_.clear();
  streams_.clear();
  for (const auto& file : files_) add_frames(file);
}

void known_events::add_frames(byte_span file) {
  for (std::uint64_t offset = format::find_frame_magic(file, 0); offset < file.size();
       offset = format::find_frame_magic(file, offset + format::alignment_bytes))
    add_frame(file.subspan(offset), offset);
}

void known_events::add_frame(byte_span rest, std::uint64_t offset) {
  const auto prefix = format::decode_prefix(rest, secret_, offset);
  if (!prefix || prefix->kind != format::frame_kind::commit) return;
  const auto frame = rest.first(prefix->length);
  const bool has_versions = format::verify_versions(*prefix, frame);
  const auto body = frame.subspan(format::prefix_bytes(prefix->stream_count));
  // A record can be reached by its address although those before it are damaged.
  for (std::size_t at = format::commit_body_layout::size; at < body.size();
       at += format::alignment_bytes) {
    const auto record = format::decode_record(body.subspan(at));
    if (!record || !format::verify_record(*record, prefix->body_digest) ||
        record->stream_index >= prefix->stream_count)
      continue;
    const auto name = format::stream_name_at(body, record->stream_index, prefix->body_digest);
    const auto event = detail::event_access::make_view(
        position(prefix->first_position + record->ordinal),
        version(format::first_version_of(frame, record->stream_index) + record->stream_ordinal),
        prefix->timestamp, name.value_or(""), *record);
    contents_.insert(words_of(event, false));
    if (name && streams_.size() < most_streams) streams_.emplace(*name);
    if (name && has_versions) all_.insert(words_of(event, true));
  }
}

}  // namespace mainstem::fuzz
