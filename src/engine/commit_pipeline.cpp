// SPDX-License-Identifier: Apache-2.0
#include "engine/commit_pipeline.h"

#include <algorithm>

#include "base/assert.h"
#include "base/mutant.h"
#include "engine/segment_room.h"

// Judging requests. What is done with those that hold stands in commit_groups.cpp.
namespace mainstem::engine {
namespace {

constexpr std::size_t prefetch_distance = 8;

}  // namespace

commit_pipeline::commit_pipeline(published_log& log, log::segment_files& files,
                                 const options& settings, const format::log_point& end,
                                 std::shared_ptr<log::segment> current,
                                 std::deque<generation_end> unflushed, position index_has)
    : log_(log),
      files_(files),
      options_(settings),
      last_assigned_(end.last),
      last_segment_number_(end.segment),
      next_offset_(end.offset_bytes),
      finalized_(end),
      last_commit_(end),
      last_timestamp_(settings.last_timestamp),
      last_marked_(settings.marked ? end.last : position{}),
      current_(std::move(current)),
      generations_(std::move(unflushed)),
      index_has_(index_has) {
  segment_room_end_ = room_for_frames(current_->header().segment_size);
  rotate_generation();
}

commit_pipeline::submitted commit_pipeline::submit(commit_request& request) {
  if (failure_ && !MAINSTEM_MUTANT(goes_on_after_failure)) {
    request.answer = result<append_outcome>(*failure_);
    return submitted::answered;
  }
  if (auto judged = judge_duplicates(request)) return *judged;
  if (!find_heads(request)) return submitted::needs_lookup;

  position rests_on;
  if (auto conflict = judge_versions(request, rests_on))
    return answer(request, std::move(*conflict), rests_on);
  if (!request.writes())
    return answer(request, append_outcome(append_outcome::committed_t{}), rests_on);
  if (auto no_room = make_room(request)) return *no_room;
  reserve_for(request);
  accept(request);
  return submitted::queued;
}

void commit_pipeline::prefetch_heads(const commit_request& request) const noexcept {
  heads_.prefetch(request.checks.front().hash);
  generations_.back().generation->prefetch_slot(request.checks.front().hash);
}

void commit_pipeline::prefetch_tail(const commit_request& request) const noexcept {
  generations_.back().generation->prefetch_entry(request.checks.front().hash);
}

commit_pipeline::submitted commit_pipeline::submit_flush(commit_request& request) {
  if (failure_) {
    request.answer = result<append_outcome>(*failure_);
    return submitted::answered;
  }
  return answer(request, append_outcome(append_outcome::committed_t{}), last_assigned_);
}

std::optional<commit_pipeline::submitted> commit_pipeline::judge_duplicates(
    commit_request& request) {
  if (request.writes()) request.find_suspects();
  if (!request.duplicates) return std::nullopt;
  auto& finding = request.duplicates->finding;
  // What memory has handed to the index since the search would be found in neither.
  const bool is_outrun =
      finding && finding->searched_through < index_has_ && !MAINSTEM_MUTANT(search_outrun_by_flush);
  if (!finding || is_outrun) {
    finding.reset();
    for (auto& check : request.checks) check.wants_lookup = true;
    return submitted::needs_lookup;
  }
  const position found = newest_suspect_above(request, finding->searched_through);
  if (found == position{}) {
    if (!finding->answer) return std::nullopt;
    return answer(request, *finding->answer, finding->rests_on);
  }

  // It was appended after the search. Search again, as soon as it can be read.
  finding.reset();
  if (found <= log_.written()) return submitted::needs_lookup;
  request.group = in_flight_;
  for (auto group = queue_.begin(); !request.group || request.group->last < found; ++group)
    request.group = *group;
  return submitted::must_wait;
}

position commit_pipeline::newest_suspect_above(const commit_request& request,
                                               position searched) const {
  position newest;
  for (const auto& suspect : request.duplicates->suspects) {
    const index::name_hash& hash = request.checks[suspect.stream].hash;
    for (const auto& entry : generations_) {
      const index::tail_event* event = entry.generation->newest(hash);
      for (; event != nullptr && event->position > searched.value();
           event = entry.generation->before(*event)) {
        if (event->id == suspect.id) newest = std::max(newest, position(event->position));
      }
    }
  }
  return newest;
}

bool commit_pipeline::find_heads(commit_request& request) {
  found_heads_.clear();
  bool all = true;
  // A commit of a thousand streams is bound by memory latency, here and in index_events().
  for (std::size_t i = 0; i < std::min(prefetch_distance, request.checks.size()); ++i) {
    heads_.prefetch(request.checks[i].hash);
  }
  for (std::size_t i = 0; i < request.checks.size(); ++i) {
    if (i + prefetch_distance < request.checks.size())
      heads_.prefetch(request.checks[i + prefetch_distance].hash);
    auto& check = request.checks[i];
    const auto found = find_head(check);
    check.wants_lookup = !found;
    all = all && found;
    found_heads_.push_back(found.value_or(head{}));
  }
  return all;
}

std::optional<head> commit_pipeline::find_head(const commit_request::stream_check& check) {
  if (auto cached = heads_.find(check.hash)) return cached;
  std::optional<head> found;
  for (auto entry = generations_.rbegin(); entry != generations_.rend() && !found; ++entry) {
    const index::tail_event* newest = entry->generation->newest(check.hash);
    if (newest != nullptr) found = head{newest->version, newest->position};
  }
  // What the index said before it took over another generation says nothing about that generation's
  // streams.
  if (!found && check.from_index && check.index_through >= index_has_) found = check.from_index;
  if (found) heads_.put(check.hash, *found);
  return found;
}

std::optional<append_outcome> commit_pipeline::judge_versions(const commit_request& request,
                                                              position& rests_on) const {
  for (std::size_t i = 0; i < request.checks.size(); ++i) {
    const auto& check = request.checks[i];
    const version actual(found_heads_[i].version);
    const position last(found_heads_[i].last_position);
    if (!check.expected.holds_for(actual)) {
      rests_on = last;
      return append_outcome(
          append_outcome::version_conflict_t{*check.stream, check.expected, actual});
    }
    rests_on = std::max(rests_on, last);
  }
  return std::nullopt;
}

commit_pipeline::submitted commit_pipeline::answer(commit_request& request,
                                                   result<append_outcome> with, position rests_on) {
  request.answer = std::move(with);
  const bool synced = request.durability == durability::synced;
  if (rests_on <= (synced ? log_.durable() : log_.written())) return submitted::answered;
  if (MAINSTEM_MUTANT(answered_before_durable)) return submitted::answered;
  // Nobody is told anything that a crash could take back.
  if (in_flight_ && rests_on <= in_flight_->last && (in_flight_->sync || !synced)) {
    request.group = in_flight_;
  } else {
    request.group = waiting_group();
  }
  request.group->reserve_member();
  if (request.group != in_flight_) request.group->sync = request.group->sync || synced;
  request.group->add_member(request);
  return submitted::queued;
}

std::optional<commit_pipeline::submitted> commit_pipeline::make_room(commit_request& request) {
  if (queued_bytes_ != 0 && queued_bytes_ + request.frame.length > options_.queue_bytes) {
    request.group = in_flight_ ? in_flight_ : queue_.front();
    return submitted::queue_full;
  }
  // Behind every commit there is room for a mark, so that a store can always be closed clean.
  constexpr std::size_t mark_bytes = format::frame_prefix_layout::size;
  if (next_offset_ + request.frame.length + mark_bytes <= segment_room_end_) return std::nullopt;
  if (!spare_) return submitted::needs_segment;

  enqueue(std::make_shared<commit_group>());
  commit_group& group = *queue_.back();
  group.opens = std::move(spare_);
  group.segment_number = ++last_segment_number_;
  group.offset_bytes = format::segment_header_layout::size;
  group.last = last_assigned_;
  next_offset_ = group.offset_bytes;
  segment_room_end_ = room_for_frames(files_.options().segment_size_bytes);
  return std::nullopt;
}

// All the memory that accepting takes. Once the first head has changed, nothing may fail.
void commit_pipeline::reserve_for(const commit_request& request) {
  waiting_group()->reserve_member();
  if (generations_.back().generation->is_full()) rotate_generation();
  generations_.back().generation->reserve(request.frame.records.size(),
                                          request.place.streams.size());
}

void commit_pipeline::accept(commit_request& request) noexcept {
  commit_group& group = *queue_.back();
  const auto event_count = static_cast<std::uint32_t>(request.frame.records.size());
  commit_group::slot slot;
  slot.frame = request.frame.frame();
  slot.prefix.kind = format::frame_kind::commit;
  slot.prefix.stream_count = request.frame.stream_count;
  slot.prefix.length = request.frame.length;
  slot.prefix.event_count = event_count;
  slot.prefix.segment = group.segment_number;
  slot.prefix.first_position = last_assigned_.value() + 1;
  slot.prefix.body_digest = request.frame.body_digest;

  append_outcome::committed_t& outcome = request.place;
  outcome.first_position = position(last_assigned_.value() + 1);
  outcome.last_position = position(last_assigned_.value() + event_count);
  std::uint64_t at = last_assigned_.value();
  for (std::size_t i = 0; i < outcome.streams.size(); ++i) {
    const std::uint64_t before = found_heads_[i].version;
    const std::uint64_t after = before + request.checks[i].events;
    at += request.checks[i].events;
    format::set_first_version(slot.frame, i, before + 1);
    // NOLINTNEXTLINE(readability-simplify-boolean-expr)
    if (!MAINSTEM_MUTANT(head_not_written_through)) heads_.put(request.checks[i].hash, {after, at});
    outcome.streams[i].version = version(after);
  }
  index_events(request, group.segment_number, next_offset_);

  last_assigned_ = outcome.last_position;
  next_offset_ += request.frame.length;
  queued_bytes_ += request.frame.length;
  group.bytes += request.frame.length;
  group.last = last_assigned_;
  if (MAINSTEM_MUTANT(last_member_decides_sync)) group.sync = false;
  group.sync = group.sync || request.durability == durability::synced;
  group.slots.push_back(slot);
  group.add_member(request);
  if (request.owner == nullptr) request.group = queue_.back();
  request.answer = append_outcome(std::move(outcome));
}

void commit_pipeline::index_events(const commit_request& request, std::uint32_t segment,
                                   std::uint64_t frame_offset) noexcept {
  index::tail_generation& generation = *generations_.back().generation;
  std::uint64_t at = last_assigned_.value();
  std::uint32_t stream = 0;
  std::uint64_t in_stream = found_heads_[0].version;
  const auto& records = request.frame.records;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    if (i + 2 * prefetch_distance < records.size()) {
      generation.prefetch_slot(
          request.checks[records[i + 2 * prefetch_distance].stream_index].hash);
      generation.prefetch_entry(request.checks[records[i + prefetch_distance].stream_index].hash);
    }
    if (record.stream_index != stream) {
      stream = record.stream_index;
      in_stream = found_heads_[stream].version;
    }
    generation.add(request.checks[stream].hash, *request.checks[stream].stream,
                   index::event_address(segment, frame_offset + record.offset_bytes),
                   position(++at), version(++in_stream), record.id);
  }
}

void commit_pipeline::refuse(error why) {
  if (!failure_) failure_ = std::move(why);
}

}  // namespace mainstem::engine
