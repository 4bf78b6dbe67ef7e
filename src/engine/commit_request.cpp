// SPDX-License-Identifier: Apache-2.0
#include "engine/commit_request.h"

#include <algorithm>
#include <bit>

#include "base/checksum.h"
#include "format/event_access.h"

namespace mainstem::engine {
namespace {

/// The first of `count` keys that equals one before it; `count` if all differ. A plain table of
/// indices: sets of nodes were a good part of the time of a commit of a thousand streams.
template <class KeyAt, class HashOf>
std::size_t first_repeated(std::size_t count, KeyAt&& key_at, HashOf&& hash_of) {
  if (count < 2) return count;
  std::vector<std::uint32_t> slots(std::bit_ceil(count * 2), 0);  // Index + 1.
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t slot = hash_of(key_at(i)) & (slots.size() - 1);
    for (; slots[slot] != 0; slot = (slot + 1) & (slots.size() - 1)) {
      if (key_at(slots[slot] - 1) == key_at(i)) return i;
    }
    slots[slot] = static_cast<std::uint32_t>(i + 1);
  }
  return count;
}

result<void> check_stream_count(const append_request& request) {
  const std::size_t count = request.writes().size() + request.requirements().size();
  if (count == 0) return error(errc::no_events, "and no conditions either: the request is empty");
  if (count <= limits::streams_per_commit) return {};
  return error(errc::too_many_streams, "this one names " + std::to_string(count));
}

result<void> check_streams_differ(std::span<const commit_request::stream_check> checks) {
  const std::size_t repeated = first_repeated(
      checks.size(), [&](std::size_t i) -> const index::name_hash& { return checks[i].hash; },
      [](const index::name_hash& hash) { return hash.low; });
  if (repeated == checks.size()) return {};
  return error(errc::duplicate_stream, "the stream " + *checks[repeated].stream);
}

result<void> check_events(const append_request::stream_write& write) {
  if (write.events.empty()) {
    return error(errc::no_events,
                 "for stream " + write.stream.str() + ": use require() to check without writing");
  }
  const std::size_t repeated = first_repeated(
      write.events.size(), [&](std::size_t i) -> const event_id& { return write.events[i].id(); },
      [](const event_id& id) { return checksum64(id.bytes()); });
  if (repeated == write.events.size()) return {};
  return error(errc::duplicate_event_id,
               "id " + write.events[repeated].id().to_string() + ", stream " + write.stream.str());
}

result<void> check_size(const append_request& request, std::uint64_t segment_size_bytes) {
  const std::uint64_t size = format::commit_frame_bytes(request.writes());
  const std::uint64_t most = std::min<std::uint64_t>(limits::commit_bytes, segment_size_bytes / 2);
  if (size <= most) return {};
  return error(errc::commit_too_large, "this one takes " + std::to_string(size) +
                                           " bytes in the log, and " + std::to_string(most) +
                                           " are allowed: split it, or use larger segments");
}

commit_request::stream_check check_of(const std::string& stream, expected_version expected,
                                      std::uint64_t secret) {
  return {.stream = &stream, .expected = expected, .hash = index::hash_name(stream, secret)};
}

}  // namespace

void commit_request::find_suspects() {
  const auto& writes = request->writes();
  std::size_t fresh = 0;
  std::size_t all = 0;
  for (const auto& write : writes) {
    all += write.events.size();
    for (const event_data& event : write.events)
      fresh += detail::event_access::is_fresh(event) ? 1U : 0U;
  }
  const std::size_t before = duplicates ? duplicates->suspects.size() : 0;
  if (all - fresh == before) return;
  auto search = std::make_unique<duplicate_search>();
  for (std::size_t stream = 0; stream < writes.size(); ++stream) {
    for (const event_data& event : writes[stream].events) {
      if (!detail::event_access::is_fresh(event)) search->suspects.push_back({stream, event.id()});
    }
  }
  duplicates = std::move(search);
}

result<commit_request> prepare(const append_request& request, durability wanted,
                               std::uint64_t secret, std::uint64_t segment_size_bytes) {
  result<commit_request> made(commit_request{});
  if (auto done = prepare(*made, request, wanted, secret, segment_size_bytes); !done)
    return done.error();
  return made;
}

result<void> prepare(commit_request& made, const append_request& request, durability wanted,
                     std::uint64_t secret, std::uint64_t segment_size_bytes) {
  if (auto checked = check_stream_count(request); !checked) return checked.error();
  for (const auto& write : request.writes()) {
    if (auto checked = check_events(write); !checked) return checked.error();
  }
  if (auto checked = check_size(request, segment_size_bytes); !checked) return checked.error();

  made.request = &request;
  made.durability = wanted;
  made.checks.reserve(request.writes().size() + request.requirements().size());
  made.place.streams.reserve(request.writes().size());
  for (const auto& write : request.writes()) {
    made.place.streams.push_back({write.stream.str(), {}});
    for (const event_data& event : write.events) detail::event_access::note_submission(event);
    made.checks.push_back(check_of(made.place.streams.back().stream, write.expected, secret));
    made.checks.back().events = static_cast<std::uint32_t>(write.events.size());
  }
  for (const auto& requirement : request.requirements()) {
    made.checks.push_back(check_of(requirement.stream.str(), requirement.expected, secret));
  }
  if (auto checked = check_streams_differ(made.checks); !checked) return checked.error();
  made.find_suspects();
  if (!request.writes().empty()) made.frame = format::encode_commit(request.writes());
  return {};
}

}  // namespace mainstem::engine
