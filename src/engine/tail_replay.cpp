// SPDX-License-Identifier: Apache-2.0
#include "engine/tail_replay.h"

#include "base/advice.h"

namespace mainstem::engine {
namespace {

/// Stands for an event that is gone: no record can stand at offset 0, so reading it says that it is
/// damaged.
constexpr index::event_address lost_event{};

}  // namespace

result<void> tail_replay::run(const format::log_point& from) {
  begin(from);
  const auto handle = [this](const log::segment& segment, std::uint64_t offset,
                             const format::frame_prefix& prefix, std::span<const std::byte> frame) {
    return add(segment, offset, prefix, frame);
  };
  const auto segments = log_.segments();
  if (auto replayed = log::replay(*segments, from, log_.store(), handle); !replayed)
    return replayed;
  if (!generations_.empty() && !generations_.back().end) generations_.back().end = at_;
  return {};
}

result<void> tail_replay::add(const log::segment& segment, std::uint64_t offset,
                              const format::frame_prefix& prefix,
                              std::span<const std::byte> frame) {
  const auto unreadable = [&] {
    return error(errc::corrupt_data,
                 error_info{.detail = advised("what could be read before cannot be read any more"),
                            .path = segment.file().path(),
                            .offset = offset});
  };
  // A frame in between was there when the log was looked through.
  if (!options_.has_gaps && prefix.first_position != at_.last.value() + 1) return unreadable();
  if (generations_.empty() || generations_.back().end) {
    begin_generation();
  }
  const auto body = frame.subspan(format::prefix_bytes(prefix.stream_count));
  const auto table = format::decode_stream_table(body, prefix.stream_count, prefix.body_digest);
  if (!table) return unreadable();
  if (options_.has_gaps) {
    if (auto added = add_lost_versions(prefix, frame, *table); !added) return added;
  }

  // A commit is added whole or not at all: nothing below needs memory.
  index::tail_generation& generation = *generations_.back().generation;
  generation.reserve(prefix.event_count, table->names.size());
  std::vector<index::name_hash> hashes;
  hashes.reserve(table->names.size());
  for (const auto name : table->names)
    hashes.push_back(index::hash_name(name, log_.store().secret));
  format::record_cursor records(body, table->size_bytes, prefix.body_digest);
  std::uint64_t record_offset =
      offset + format::prefix_bytes(prefix.stream_count) + table->size_bytes;
  while (const auto record = records.next(false)) {
    const std::uint16_t stream = record->stream_index;
    generation.add(
        hashes[stream], table->names[stream], index::event_address(segment.number(), record_offset),
        position(prefix.first_position + record->ordinal),
        version(format::first_version_of(frame, stream) + record->stream_ordinal), record->id());
    record_offset += record->bytes.size();
    ++events_;
  }
  at_ = {position(prefix.last_position()), segment.number(), offset + prefix.length,
         prefix.checksum};
  if (generation.is_full()) end_generation();
  return {};
}

// Versions of a stream are dense in the index, so those that went with a lost commit get a place
// holder.
result<void> tail_replay::add_lost_versions(const format::frame_prefix& prefix,
                                            std::span<const std::byte> frame,
                                            const format::stream_table& table) {
  index::tail_generation& generation = *generations_.back().generation;
  auto snapshot = read_snapshot::take_all(log_);
  if (!snapshot) return snapshot.error();
  for (std::size_t i = 0; i < table.names.size(); ++i) {
    const auto hash = index::hash_name(table.names[i], log_.store().secret);
    auto known = snapshot->info_of(hash, table.names[i]);
    if (!known) return known.error();
    const std::uint64_t first = format::first_version_of(frame, i);
    for (std::uint64_t lost = known->version.value() + 1; lost < first; ++lost) {
      generation.add(hash, table.names[i], lost_event, position(prefix.first_position),
                     version(lost), event_id{});
    }
  }
  return {};
}

void tail_replay::begin_generation() {
  auto made = std::make_shared<index::tail_generation>(options_.generation_events);
  generations_.push_back({made, std::nullopt});
  try {
    log_.tail().push(std::move(made));
  } catch (...) {
    generations_.pop_back();
    throw;
  }
}

void tail_replay::end_generation() {
  generations_.back().end = at_;
  if (options_.may_write_index) try_to_flush();
}

position tail_replay::drop_indexed(position index_has) {
  position begin;
  while (has_complete_generation() && generations_.front().end->last <= index_has) {
    log_.tail().drop_oldest();
    begin = generations_.front().end->last;
    generations_.pop_front();
  }
  return begin;
}

void tail_replay::try_to_flush() {
  // If the index cannot be written, memory holds what it would have: later flushes try again.
  while (!generations_.empty() && generations_.front().end) {
    const auto& oldest = generations_.front();
    const auto chunks = oldest.generation->to_chunks();
    if (!log_.index()->flush(flushed_, *oldest.end, chunks.streams)) return;
    flushed_ = *oldest.end;
    index_has_ = flushed_.last;
    generations_.pop_front();
    log_.tail().drop_oldest();
  }
}

}  // namespace mainstem::engine
