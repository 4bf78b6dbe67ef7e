// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <new>
#include <utility>

#include "base/assert.h"
#include "base/mutant.h"
#include "engine/commit_pipeline.h"

// Gathering, writing and finishing groups. How requests get into them stands in
// commit_pipeline.cpp.
namespace mainstem::engine {
namespace {

/// As push_back() would, but without the element.
template <class T>
void reserve_more(std::vector<T>& in, std::size_t more) {
  if (in.capacity() - in.size() < more) in.reserve(std::max<std::size_t>(8, 2 * in.size() + more));
}

/// What it says of the failure is left out if there is no memory for that.
error because(errc code, const error& why) noexcept {
  try {
    return {code, error_info{.detail = why.message(), .path = why.info().path}};
  } catch (const std::bad_alloc&) {
    return code;
  }
}

}  // namespace

void commit_group::reserve_member() {
  reserve_more(slots, 1);
  reserve_more(members, 1);
  reserve_more(detached_, 1);
}

result<void> perform(const write_plan& plan) {
  if (plan.sync_first) {
    if (auto synced = plan.sync_first->file().sync(); !synced) return synced;
  }
  if (!plan.parts.empty()) {
    if (auto written = plan.segment->file().write_at(plan.offset_bytes, plan.parts); !written)
      return written;
  }
  if (!plan.sync || MAINSTEM_MUTANT(acknowledge_before_sync)) return {};
  if (MAINSTEM_MUTANT(retry_failed_sync)) static_cast<void>(plan.segment->file().sync());
  return plan.segment->file().sync();
}

const std::shared_ptr<commit_group>& commit_pipeline::waiting_group() {
  if (queue_.empty()) {
    auto group = std::make_shared<commit_group>();
    group->segment_number = last_segment_number_;
    group->offset_bytes = next_offset_;
    group->last = last_assigned_;
    enqueue(std::move(group));
  }
  MAINSTEM_ASSERT(queue_.back()->segment_number == last_segment_number_);
  return queue_.back();
}

void commit_pipeline::enqueue(std::shared_ptr<commit_group> group) {
  reserve_more(queue_, 2);
  queue_.push_back(std::move(group));
}

write_plan commit_pipeline::begin_write(std::uint64_t unix_nanoseconds) {
  MAINSTEM_ASSERT(can_write());
  in_flight_ = std::move(queue_.front());
  queue_.erase(queue_.begin());
  last_timestamp_ = std::max(last_timestamp_, unix_nanoseconds);

  commit_group& group = *in_flight_;
  write_plan plan;
  plan.group = in_flight_;
  plan.sync = group.sync;
  plan.offset_bytes = group.offset_bytes;
  plan.parts.reserve(group.slots.size() + 1);
  if (group.opens) begin_segment(plan);
  plan.segment = current_;
  finalize(group);
  for (const auto& slot : group.slots) plan.parts.emplace_back(slot.frame);
  return plan;
}

void commit_pipeline::begin_segment(write_plan& plan) {
  commit_group& group = *plan.group;
  // A valid header is proof that everything before its segment is durable.
  if (log_.durable() < finalized_.last && !MAINSTEM_MUTANT(header_before_sync))
    plan.sync_first = current_;
  const auto header =
      files_.header_for(group.segment_number, options_.epoch, position(finalized_.last.value() + 1),
                        finalized_.chain, files_.options().segment_size_bytes, 0);
  auto& buffer = group.own_buffers.emplace_back(
      std::make_unique<std::byte[]>(format::segment_header_layout::size));
  const std::span<std::byte> encoded(buffer.get(), format::segment_header_layout::size);
  format::encode_segment_header(header, files_.store(), encoded);
  plan.parts.emplace_back(encoded);
  plan.offset_bytes = 0;

  ended_.push_back(
      {std::exchange(current_,
                     std::make_shared<log::segment>(std::move(group.opens), header,
                                                    files_.options().access, log_.store().secret)),
       finalized_.chain, std::exchange(current_totals_, std::make_unique<log::frame_totals>())});
  current_->publish(format::segment_header_layout::size, finalized_.last);
  log_.add_segment(current_);
  finalized_.segment = group.segment_number;
  finalized_.offset_bytes = group.offset_bytes;
}

void commit_pipeline::finalize(commit_group& group) {
  for (auto& slot : group.slots) {
    slot.prefix.epoch = options_.epoch;
    slot.prefix.durable_position = log_.durable().value();
    slot.prefix.timestamp = last_timestamp_;
    slot.prefix.previous_checksum = finalized_.chain;
    const auto prefix = slot.frame.first(format::prefix_bytes(slot.prefix.stream_count));
    finalized_.chain =
        format::encode_prefix(slot.prefix, prefix, log_.store().secret, finalized_.offset_bytes);
    if (current_totals_) current_totals_->add(slot.prefix, finalized_.offset_bytes);
    if (slot.prefix.kind == format::frame_kind::commit) {
      current_->note_frame(position(slot.prefix.first_position), finalized_.offset_bytes);
      finalized_.last = position(slot.prefix.last_position());
      finalized_.offset_bytes += slot.prefix.length;
      last_commit_ = finalized_;
      note_generation_ends();
    } else {
      finalized_.offset_bytes += slot.prefix.length;
      last_marked_ = log_.durable();
    }
  }
}

void commit_pipeline::note_generation_ends() {
  // All but the last one, which is still being filled.
  for (std::size_t i = 0; i + 1 < generations_.size(); ++i) {
    auto& entry = generations_[i];
    if (!entry.end && entry.generation->last_position() == last_commit_.last)
      entry.end = last_commit_;
  }
}

void commit_pipeline::finish_write(const write_plan& plan, const result<void>& performed) noexcept {
  MAINSTEM_ASSERT(in_flight_ == plan.group);
  const commit_group& group = *plan.group;
  if (!performed) {
    fail(performed.error());
    return;
  }
  queued_bytes_ -= group.bytes;
  in_flight_.reset();
  if (!plan.parts.empty()) {
    plan.segment->publish(finalized_.offset_bytes, group.last);
    log_.publish_written(group.last);
  }
  if (plan.sync || MAINSTEM_MUTANT(visible_before_sync)) log_.publish_durable(group.last);
  if (MAINSTEM_MUTANT(acknowledge_before_sync)) static_cast<void>(plan.segment->file().sync());
}

void commit_pipeline::fail(const error& why) noexcept {
  // Nobody knows what the disk holds now. Only recovery, which reads again and writes again, can go
  // on from here.
  failure_ = because(errc::store_failed, why);
  const error unknown = because(errc::outcome_unknown, why);
  if (in_flight_) queue_.insert(queue_.begin(), std::move(in_flight_));
  in_flight_.reset();
  for (const auto& group : queue_) {
    for (commit_request* member : group->members) member->answer = result<append_outcome>(unknown);
  }
}

std::vector<std::shared_ptr<commit_group>> commit_pipeline::take_failed_groups() noexcept {
  MAINSTEM_ASSERT(failure_);
  queued_bytes_ = 0;
  return std::exchange(queue_, {});
}

std::shared_ptr<commit_group> commit_pipeline::queue_mark() {
  if (failure_ || in_flight_ || !queue_.empty()) return nullptr;
  if (log_.durable() != last_assigned_ || last_marked_ == last_assigned_) return nullptr;
  constexpr std::size_t length = format::frame_prefix_layout::size;
  if (next_offset_ + length > segment_room_end_) return nullptr;

  auto group = waiting_group();
  auto& buffer = group->own_buffers.emplace_back(std::make_unique<std::byte[]>(length));
  commit_group::slot slot;
  slot.frame = {buffer.get(), length};
  slot.prefix.kind = format::frame_kind::mark;
  slot.prefix.length = length;
  slot.prefix.segment = group->segment_number;
  slot.prefix.first_position = last_assigned_.value() + 1;
  group->reserve_member();
  group->slots.push_back(slot);
  group->bytes += length;
  group->sync = true;
  queued_bytes_ += length;
  next_offset_ += length;
  return group;
}

std::shared_ptr<commit_group> commit_pipeline::queue_sync() {
  if (failure_ || log_.durable() == last_assigned_) return nullptr;
  if (in_flight_ && in_flight_->sync && in_flight_->last == last_assigned_) return nullptr;
  auto group = waiting_group();
  group->sync = true;
  return group;
}

bool commit_pipeline::is_settled() const noexcept {
  if (failure_) return true;
  const bool marked = last_marked_ == last_assigned_ ||
                      next_offset_ + format::frame_prefix_layout::size > segment_room_end_;
  return !in_flight_ && queue_.empty() && log_.durable() == last_assigned_ && marked;
}

std::optional<ended_segment> commit_pipeline::take_ended() {
  // Not before the header of the next one is durable: until then it is the last segment.
  const auto is_last = [&] { return log_.durable() <= ended_.front().segment->last_position(); };
  if (ended_.empty() || failure_ || (is_last() && !MAINSTEM_MUTANT(sealed_before_sync)))
    return std::nullopt;
  ended_segment ended = std::move(ended_.front());
  ended_.pop_front();
  return ended;
}

void commit_pipeline::rotate_generation() {
  if (!generations_.empty() && generations_.back().generation->empty()) return;
  auto made = std::make_shared<index::tail_generation>(options_.generation_events);
  generations_.push_back({made, std::nullopt});
  try {
    log_.tail().push(std::move(made));
  } catch (...) {
    generations_.pop_back();
    throw;
  }
  // Only now: one without a successor goes on being filled.
  if (generations_.size() == 1) return;
  auto& filled = generations_[generations_.size() - 2];
  if (!filled.end && filled.generation->last_position() == last_commit_.last)
    filled.end = last_commit_;
}

std::optional<commit_pipeline::flushable> commit_pipeline::oldest_flushable() const {
  const auto& oldest = generations_.front();
  if (!oldest.end) return std::nullopt;
  const bool is_durable = oldest.end->last <= log_.durable();
  if (!is_durable && !MAINSTEM_MUTANT(flushed_ahead_of_durable)) return std::nullopt;
  return flushable{oldest.generation, *oldest.end};
}

void commit_pipeline::generation_flushed() {
  log_.tail().drop_oldest();
  index_has_ = generations_.front().end->last;
  generations_.pop_front();
}

std::size_t commit_pipeline::unflushed_events() const noexcept {
  std::size_t events = 0;
  for (const auto& entry : generations_) events += entry.generation->event_count();
  return events;
}

}  // namespace mainstem::engine
