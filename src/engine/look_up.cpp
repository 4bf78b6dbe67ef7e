// SPDX-License-Identifier: Apache-2.0
#include "engine/look_up.h"

#include <algorithm>

#include "engine/record_reader.h"
#include "engine/stream_cursor.h"

namespace mainstem::engine {
namespace {

append_outcome::already_committed_t place_of(const commit_request& request,
                                             const format::frame_prefix& prefix,
                                             std::span<const std::byte> frame) {
  append_outcome::already_committed_t place;
  place.first_position = position(prefix.first_position);
  place.last_position = position(prefix.last_position());
  for (std::size_t i = 0; i < request.place.streams.size(); ++i) {
    const auto& check = request.checks[i];
    place.streams.push_back(
        {*check.stream, version(format::first_version_of(frame, i) + check.events - 1)});
  }
  return place;
}

/// What the commit that has this event says about the request.
result<append_outcome> compare(const record_reader& reader, const commit_request& request,
                               const commit_request::suspect& suspect,
                               const located_record& stored) {
  auto frame = reader.frame_of(stored);
  if (!frame) return frame.error();
  if (!format::verify_commit(stored.prefix, frame->bytes)) {
    return reader.damaged_frame(
        stored, "the commit that has this event already does not carry its checksum");
  }
  // Equal bodies: the same streams, ids, order and content. Bodies depend on nothing else.
  const auto body = frame->bytes.subspan(format::prefix_bytes(stored.prefix.stream_count));
  if (std::ranges::equal(body, request.frame.body())) {
    return append_outcome(place_of(request, stored.prefix, frame->bytes));
  }
  return append_outcome(
      append_outcome::partial_duplicate_t{*request.checks[suspect.stream].stream, suspect.id});
}

result<duplicate_finding> find_duplicates(const published_log& log, const read_snapshot& snapshot,
                                          const commit_request& request) {
  const record_reader reader(log, log.segments());
  duplicate_finding finding;
  finding.searched_through = snapshot.last();
  for (const auto& suspect : request.duplicates->suspects) {
    const auto& check = request.checks[suspect.stream];
    auto place = find_id(snapshot, reader, check.hash, *check.stream, suspect.id);
    if (!place) return place.error();
    if (!*place) continue;
    auto stored = reader.locate((*place)->address);
    if (!stored) return stored.error();
    auto compared = compare(reader, request, suspect, *stored);
    if (!compared) return compared.error();
    finding.answer = std::move(*compared);
    finding.rests_on = position(stored->prefix.last_position());
    break;
  }
  return finding;
}

}  // namespace

result<void> look_up(const published_log& log, commit_request& request) {
  auto snapshot = read_snapshot::take(log, visibility::written);
  if (!snapshot) return snapshot.error();
  for (auto& check : request.checks) {
    if (!check.wants_lookup) continue;
    auto found = snapshot->index().head(*check.stream);
    if (!found) return found.error();
    check.from_index =
        *found ? head{(*found)->last_version.value(), (*found)->last_position.value()} : head{};
    check.index_through = snapshot->index().flushed().last;
  }
  if (!request.duplicates || request.duplicates->finding) return {};
  auto finding = find_duplicates(log, *snapshot, request);
  if (!finding) return finding.error();
  request.duplicates->finding = std::move(*finding);
  return {};
}

}  // namespace mainstem::engine
