// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "format/commit_body.h"
#include "format/event_access.h"
#include "format/frame.h"
#include "parts.h"
#include "reseal.h"

namespace mainstem::fuzz {
namespace {

using namespace format;

void check_names(const frame_prefix& prefix, byte_span body) {
  const auto table = decode_stream_table(body, prefix.stream_count, prefix.body_digest);
  if (!table) return;
  require(table->names.size() == prefix.stream_count, "a table has as many names as it says");
  for (std::size_t i = 0; i < table->names.size(); ++i) {
    const auto name = stream_name_at(body, i, prefix.body_digest);
    require(name == table->names[i], "one name is found as all of them are");
  }
  (void)stream_name_at(body, table->names.size() + 1, prefix.body_digest);
}

/// Looks at a record as a reader does.
void look_at(const event_record& record, const frame_prefix& prefix) {
  const auto view = detail::event_access::make_view(
      position(prefix.first_position + record.ordinal), version(record.stream_ordinal),
      prefix.timestamp, "stream", record);
  std::size_t tags = 0;
  for (const std::string_view tag : view.tags()) tags += tag.size() + 1;
  require(tags == record.encoded_tags.size(), "tags take up the room that the record has for them");
  require(view.tags().size() == record.tag_count, "there are as many tags as the record says");
}

void check_commit(const frame_prefix& prefix, byte_span frame) {
  const auto body = frame.subspan(prefix_bytes(prefix.stream_count));
  check_names(prefix, body);
  const auto table = decode_stream_table(body, prefix.stream_count, prefix.body_digest);
  const bool whole = verify_commit(prefix, frame);
  if (!table) return;
  record_cursor cursor(body, table->size_bytes, prefix.body_digest);
  std::uint64_t records = 0;
  while (const auto record = cursor.next(true)) {
    look_at(*record, prefix);
    ++records;
  }
  require(!whole || (cursor.at_end() && records == prefix.event_count),
          "a commit that checks out has all of its events");
}

/// Reads what stands there. @returns true if it is a whole commit.
bool check_frame(byte_span bytes, std::uint64_t offset) {
  const auto prefix = decode_prefix(bytes, the_store().secret, offset);
  require(!prefix || prefix->length <= bytes.size(), "a frame ends where its bytes end");
  if (!prefix) return false;
  const auto frame = bytes.first(prefix->length);
  (void)check_kind(*prefix);
  if (verify_versions(*prefix, frame)) {
    byte_vector again(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(
                                                         prefix_bytes(prefix->stream_count)));
    encode_prefix(*prefix, again, the_store().secret, offset);
    require(std::ranges::equal(again, frame.first(again.size())),
            "a prefix that checks out is encoded to the same bytes");
  }
  if (prefix->kind != frame_kind::commit) return false;
  check_commit(*prefix, frame);
  return verify_commit(*prefix, frame);
}

/// What was encoded is what is decoded.
void check_round_trip(input from) {
  frame_prefix prefix;
  prefix.epoch = from.take<std::uint32_t>();
  prefix.segment = from.take<std::uint32_t>();
  prefix.first_position = from.take<std::uint64_t>();
  const std::uint64_t offset = from.take<std::uint32_t>() * alignment_bytes;
  const auto writes = take_writes(from);
  const byte_vector bytes = make_commit_frame(writes, prefix, offset);
  require(check_frame(bytes, offset), "a commit that was encoded checks out");

  const auto read = decode_prefix(bytes, the_store().secret, offset);
  require(read->epoch == prefix.epoch && read->segment == prefix.segment &&
              read->first_position == prefix.first_position,
          "a prefix is read as it was written");
  const auto body = byte_span(bytes).subspan(prefix_bytes(read->stream_count));
  const auto table = decode_stream_table(body, read->stream_count, read->body_digest);
  record_cursor cursor(body, table->size_bytes, read->body_digest);
  for (std::size_t stream = 0; stream < writes.size(); ++stream) {
    require(table->names[stream] == writes[stream].stream.str(),
            "a name is read as it was written");
    for (const event_data& event : writes[stream].events) {
      const auto record = cursor.next(true);
      require(record && record->id() == event.id() && record->type == event.type() &&
                  record->codec == event.codec() && record->stream_index == stream &&
                  record->tag_count == event.tags().size() &&
                  std::ranges::equal(record->metadata, event.metadata()) &&
                  std::ranges::equal(record->payload, event.payload()),
              "an event is read as it was written");
    }
  }
}

void run(byte_span bytes) {
  input from(bytes);
  const auto mode = from.take<std::uint8_t>() % 4;
  if (mode == 3) return check_round_trip(from);
  const std::uint64_t offset = from.take<std::uint16_t>() * alignment_bytes;
  byte_vector frame(from.rest().begin(), from.rest().end());
  if (mode != 0) reseal_frame(frame, the_store(), offset);
  check_frame(frame, offset);
}

std::vector<byte_vector> seeds() {
  const auto commit = make_commit_frame(some_writes(), {.first_position = 5}, 256);
  frame_prefix fields{.kind = frame_kind::mark, .length = 80, .first_position = 8};
  byte_vector mark(prefix_bytes(0));
  encode_prefix(fields, mark, the_store().secret, 256);
  std::vector<byte_vector> all;
  for (const std::uint8_t mode : {std::uint8_t{0}, std::uint8_t{1}}) {
    for (const auto& frame : {commit, mark})
      all.push_back(output().add(mode).add(std::uint16_t{32}).add_bytes(frame).take());
  }
  all.push_back(output().add(std::uint8_t{3}).add_bytes(commit).take());
  return all;
}

}  // namespace

extern const target frame_target;
const target frame_target{"frame", run, seeds};

}  // namespace mainstem::fuzz
