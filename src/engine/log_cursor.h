// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <mainstem/read.h>

#include "engine/published_log.h"
#include "engine/record_reader.h"

namespace mainstem::engine {

/// Walks the frames of the log from a position on, across segments.
class frame_walker {
 public:
  /// A commit frame, its body verified unless `damaged`.
  struct found_frame {
    format::frame_prefix prefix;
    log::lease bytes;
    bool damaged = false;
    const log::segment* segment = nullptr;
    std::uint64_t offset = 0;
  };

  explicit frame_walker(const published_log& log) : log_(log) {}

  /// Learns of segments that were added since.
  void refresh() { segments_ = log_.segments(); }

  /// Goes to the frame that holds `at`, or the first one behind it.
  [[nodiscard]] result<void> seek(position at);
  /// The next commit frame that begins at or below `last`; nothing if there is none.
  /// Errors: corrupt_data for a stretch where no frame can be found, and for one that stands in no
  /// segment at all: positions in its info. The next call goes on behind.
  [[nodiscard]] result<std::optional<found_frame>> next(position last);

 private:
  [[nodiscard]] result<log::sparse_entry> find_begin(const log::segment& segment,
                                                     position at) const;
  [[nodiscard]] result<std::span<const std::byte>> window_at(const log::segment& segment,
                                                             std::uint64_t wanted_bytes);
  [[nodiscard]] std::optional<error> skip_damage(const log::segment& segment, position last);
  [[nodiscard]] std::optional<error> skip_rest(const log::segment& segment, position last,
                                               const error& why);
  [[nodiscard]] position position_behind(const log::segment& segment, position last) const;
  [[nodiscard]] std::optional<error> lost_before(position next_good, error_info where);
  [[nodiscard]] std::optional<error> gap_before(const log::segment& segment, position from) const;

  const published_log& log_;
  std::shared_ptr<const log::segment_list> segments_;
  std::size_t index_ = 0;
  std::uint64_t offset_ = 0;
  std::optional<error> gap_;  // Before the first segment.
  position from_;             // What stands before it was not asked for.
  position expected_;         // Of the next event, to say which positions are damaged.
  log::lease window_;         // Bytes of the current segment from window_offset_ on.
  std::uint64_t window_offset_ = 0;
};

/// Reads the log in the order of positions, or against it, with a filter.
class log_cursor {
 public:
  /// @param scan_limit most events that one next() looks at, matching or not, to the next commit.
  log_cursor(const published_log& log, const read_all_options& options,
             std::uint64_t scan_limit = no_limit);

  /// An empty batch means the end only if at_end().
  [[nodiscard]] result<event_batch> next();

  /// Reading forwards: the last next() found nothing more that it may see.
  [[nodiscard]] bool at_end() const noexcept { return at_end_; }
  /// Reading forwards: everything up to here was given, was reported damaged, or does not match.
  [[nodiscard]] position examined() const noexcept { return examined_; }

 private:
  [[nodiscard]] result<event_batch> next_forwards();
  [[nodiscard]] result<event_batch> next_backwards();
  [[nodiscard]] result<void> open_next_frame(position last);
  /// Moves events of the open frame into the batch until either is used up.
  [[nodiscard]] result<void> drain_frame(batch_builder& batch, position last);
  /// Reading forwards: nothing up to here is given any more.
  [[nodiscard]] position passed() const noexcept { return std::max(after_, examined_); }
  [[nodiscard]] error damaged_rest(const char* what);
  [[nodiscard]] error take_pending_error();
  [[nodiscard]] error examined_damage(error what);
  [[nodiscard]] bool wanted(std::string_view stream, std::string_view type) const noexcept;
  [[nodiscard]] result<void> fetch_block(position last);
  [[nodiscard]] result<event_batch> read();
  [[nodiscard]] position undelivered_before() const noexcept;
  void go_back(position after, position before, std::uint64_t remaining) noexcept;

  struct open_frame_state {
    frame_walker::found_frame frame;
    format::stream_table table;
    std::optional<format::record_cursor> records;
    std::uint32_t next_ordinal = 0;
  };

  const published_log& log_;
  read_all_options options_;
  std::uint64_t scan_limit_;
  std::uint64_t scanned_ = 0;  // By this next().
  std::uint64_t remaining_;
  position after_;   // What is still to come lies above this ...
  position before_;  // ... and below this.
  position examined_;
  bool at_end_ = false;
  frame_walker walker_;
  bool sought_ = false;
  std::optional<open_frame_state> open_;
  std::deque<error> pending_errors_;  // To be given behind what was read before them.
  std::vector<event_batch> block_;    // Fetched for reading backwards, ascending.
  std::size_t block_left_ = 0;        // Of the events of the last batch in it.
};

/// The event at a position, if it may be seen.
[[nodiscard]] result<std::optional<event>> read_position(const published_log& log, position at,
                                                         position visible);

}  // namespace mainstem::engine
