// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <mainstem/error.h>

#include "engine/commit_request.h"
#include "engine/head_cache.h"
#include "engine/published_log.h"
#include "log/frame_totals.h"
#include "log/segment.h"
#include "log/segment_files.h"

namespace mainstem::engine {

/// The commits that one write and one sync make durable together, and everybody who waits for that.
class commit_group {
 public:
  /// For whoever drives the pipeline: how the group's waiters sleep and are woken. The pipeline
  /// does not touch it.
  std::atomic<std::uint32_t> wake_word{0};

  /// Those that are answered with the group and that no thread waits for. Only with the lock of
  /// whoever drives the pipeline, or once the group is finished.
  [[nodiscard]] std::span<commit_request* const> detached() const noexcept { return detached_; }

 private:
  // NOLINTBEGIN(readability-identifier-naming): to its one user, this is a struct.
  friend class commit_pipeline;
  /// Takes the memory that one more member and its slot need.
  void reserve_member();
  void add_member(commit_request& request) noexcept {
    members.push_back(&request);
    if (request.owner != nullptr) detached_.push_back(&request);
  }
  struct slot {
    std::span<std::byte> frame;
    format::frame_prefix prefix;
  };
  std::uint32_t segment_number = 0;
  std::uint64_t offset_bytes = 0;  // Of the first frame.
  std::vector<slot> slots;
  std::vector<commit_request*> members;
  std::vector<commit_request*> detached_;                 // Of the members.
  std::vector<std::unique_ptr<std::byte[]>> own_buffers;  // Header and mark frames.
  std::shared_ptr<os::file> opens;                        // Set if the group begins a new segment.
  std::uint64_t bytes = 0;
  position last;      // After the group.
  bool sync = false;  // Or else it is only written.
  // NOLINTEND(readability-identifier-naming)
};

/// An I/O request of the pipeline: perform it, then call finish_write().
struct write_plan {
  std::shared_ptr<commit_group> group;
  std::shared_ptr<log::segment> segment;     // To write to.
  std::shared_ptr<log::segment> sync_first;  // To sync before anything is written; usually null.
  std::uint64_t offset_bytes = 0;
  std::vector<std::span<const std::byte>> parts;  // May be empty: only a sync then.
  bool sync = true;
};

/// Does what a plan says, with nothing locked. A failure is final: it must not be tried again.
[[nodiscard]] result<void> perform(const write_plan& plan);

/// A segment that is not written any more and wants its trailer.
struct ended_segment {
  std::shared_ptr<log::segment> segment;
  std::uint64_t chain = 0;
  std::unique_ptr<log::frame_totals> totals;  ///< Null: it was there when the store was opened.
};

/// The commit pipeline: judges requests in the order in which they come, gives them positions and
/// versions, gathers them into groups, and says what is to be written and synced.
///
/// A state machine: no I/O, no threads, no clock, no locks of its own. Whoever drives it calls it
/// from one thread at a time, performs the plans of begin_write() (during which others may call
/// submit()), and wakes whoever waits. While a group is being written, the next one is judged, on
/// the assumption that the first succeeds: so each request is judged in its caller's time, not in
/// the leader's. If a group fails, so does everything behind it.
class commit_pipeline {
 public:
  struct options {
    std::uint32_t epoch = 1;
    std::size_t queue_bytes = 64U << 20U;
    std::size_t generation_events = 256U << 10U;
    std::uint64_t last_timestamp = 0;
    bool marked = false;  ///< The log ends with a mark already.
  };

  /// Events that the index does not have yet, and where they end.
  struct generation_end {
    std::shared_ptr<index::tail_generation> generation;
    std::optional<format::log_point>
        end;  ///< Known once its last frame has been given its checksum.
  };

  /// `end` is where the log ends; `current` the segment to go on in, its header already on the
  /// disk; `unflushed` what lies between the index and `end`, oldest first, published already.
  commit_pipeline(published_log& log, log::segment_files& files, const options& settings,
                  const format::log_point& end, std::shared_ptr<log::segment> current,
                  std::deque<generation_end> unflushed, position index_has);

  enum class submitted {
    answered,       ///< request.answer is set.
    queued,         ///< request.group will set it.
    needs_lookup,   ///< Call look_up() with nothing locked, then submit again.
    needs_segment,  ///< Call offer_spare() with a new file, then submit again.
    must_wait,      ///< Wait for request.group, then submit again.
    queue_full,     ///< The same, if the caller is willing to wait for room.
  };
  /// Throws std::bad_alloc, and nothing has changed then: so do submit_flush(), queue_mark() and
  /// queue_sync().
  [[nodiscard]] submitted submit(commit_request& request);
  /// Ask for the memory that submit() will touch for the first stream of a request, a few requests
  /// ahead: first this one, then, some requests later, the other one.
  void prefetch_heads(const commit_request& request) const noexcept;
  void prefetch_tail(const commit_request& request) const noexcept;
  /// Answered with success once everything submitted so far is durable.
  [[nodiscard]] submitted submit_flush(commit_request& request);

  /// True if begin_write() has something to do and nothing is under way.
  [[nodiscard]] bool can_write() const noexcept { return !in_flight_ && !queue_.empty(); }
  /// The group that begin_write() would take next; null if there is none.
  [[nodiscard]] std::shared_ptr<commit_group> next_group() const noexcept {
    return queue_.empty() ? nullptr : queue_.front();
  }
  /// @param unix_nanoseconds the time; what goes back is put right.
  /// Throws std::bad_alloc: then the pipeline has to fail().
  [[nodiscard]] write_plan begin_write(std::uint64_t unix_nanoseconds);
  /// Publishes and answers. After an error the pipeline has failed.
  void finish_write(const write_plan& plan, const result<void>& performed) noexcept;
  /// Everything that is under way or queued is answered with outcome_unknown, and nothing is taken
  /// any more.
  void fail(const error& why) noexcept;

  /// The group that failed and those that were queued behind it: their members are answered, and
  /// have to be woken.
  [[nodiscard]] std::vector<std::shared_ptr<commit_group>> take_failed_groups() noexcept;

  /// Queues a mark frame, which says that all is durable, if there is something to say and room for
  /// it.
  /// @returns the group to wait for; null if there is nothing to do.
  [[nodiscard]] std::shared_ptr<commit_group> queue_mark();
  /// Queues a sync if anything is written but not durable, and no sync is under way.
  /// @returns the group to wait for; null if there is nothing to do.
  [[nodiscard]] std::shared_ptr<commit_group> queue_sync();

  /// True if neither queue_mark() nor queue_sync() has anything to do, now or after what is under
  /// way.
  [[nodiscard]] bool is_settled() const noexcept;

  /// True if there is no segment file ahead of use.
  [[nodiscard]] bool wants_spare() const noexcept { return !spare_ && !failure_; }
  [[nodiscard]] std::uint32_t spare_number() const noexcept { return last_segment_number_ + 1; }
  void offer_spare(std::shared_ptr<os::file> file) noexcept { spare_ = std::move(file); }

  /// The oldest segment that waits for its trailer, taken off the list.
  [[nodiscard]] std::optional<ended_segment> take_ended();

  /// Ends the generation that is being filled, if it has events, so that it can be flushed.
  void rotate_generation();
  /// The oldest generation if it is complete and durable, and where it ends.
  struct flushable {
    std::shared_ptr<const index::tail_generation> generation;
    format::log_point to;
  };
  [[nodiscard]] std::optional<flushable> oldest_flushable() const;
  /// The index has the oldest generation.
  void generation_flushed();
  [[nodiscard]] std::size_t unflushed_events() const noexcept;
  /// Everything up to here has left memory for the index.
  [[nodiscard]] position indexed() const noexcept { return index_has_; }

  /// Refuses everything from now on with this error.
  void refuse(error why);
  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
  [[nodiscard]] std::uint32_t epoch() const noexcept { return options_.epoch; }
  /// Behind the last frame with events, after a group that was synced and before the next.
  [[nodiscard]] const format::log_point& durable_point() const noexcept { return last_commit_; }
  [[nodiscard]] position last_assigned() const noexcept { return last_assigned_; }

 private:
  [[nodiscard]] std::optional<submitted> judge_duplicates(commit_request& request);
  [[nodiscard]] bool find_heads(commit_request& request);
  [[nodiscard]] std::optional<head> find_head(const commit_request::stream_check& check);
  [[nodiscard]] position newest_suspect_above(const commit_request& request,
                                              position searched) const;
  [[nodiscard]] std::optional<append_outcome> judge_versions(const commit_request& request,
                                                             position& rests_on) const;
  [[nodiscard]] submitted answer(commit_request& request, result<append_outcome> with,
                                 position rests_on);
  [[nodiscard]] std::optional<submitted> make_room(commit_request& request);
  void reserve_for(const commit_request& request);
  void accept(commit_request& request) noexcept;
  void index_events(const commit_request& request, std::uint32_t segment,
                    std::uint64_t frame_offset) noexcept;
  [[nodiscard]] const std::shared_ptr<commit_group>& waiting_group();
  void enqueue(std::shared_ptr<commit_group> group);
  void begin_segment(write_plan& plan);
  void finalize(commit_group& group);
  void note_generation_ends();

  published_log& log_;
  log::segment_files& files_;
  options options_;
  head_cache heads_;
  std::vector<head> found_heads_;  // Of the request being judged, in the order of its checks.

  // What has been assigned: ahead of what is written.
  position last_assigned_;
  std::uint32_t last_segment_number_;
  std::uint64_t next_offset_;
  std::uint64_t segment_room_end_;  // Frames must end here, so that the trailer fits behind them.

  // What has been finalized: where the chain stands.
  format::log_point finalized_;
  // Behind the last frame with events. The index remembers this place and not one behind a mark, so
  // that recovery, which begins to read there, sees the mark.
  format::log_point last_commit_;
  std::uint64_t last_timestamp_;
  position last_marked_;

  std::shared_ptr<log::segment> current_;
  std::unique_ptr<log::frame_totals> current_totals_;  // Null: see ended_segment.
  std::shared_ptr<os::file> spare_;
  std::vector<std::shared_ptr<commit_group>> queue_;  // There is room for one more at the front.
  std::shared_ptr<commit_group> in_flight_;
  std::uint64_t queued_bytes_ = 0;
  std::deque<ended_segment> ended_;
  std::deque<generation_end> generations_;  // Oldest first; the last one is being filled.
  position index_has_;                      // Everything up to here left the generations.
  std::optional<error> failure_;
};

}  // namespace mainstem::engine
