// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>

#include <mainstem/error.h>

#include "engine/commit_pipeline.h"
#include "engine/published_log.h"
#include "log/recovery.h"

namespace mainstem::engine {

/// Brings what the log has beyond the index back into memory; what is too much for that into the
/// index.
class tail_replay {
 public:
  struct options {
    std::size_t generation_events;
    bool may_write_index;  ///< Not if the log is damaged: then nothing on the disk is changed.
    bool has_gaps;         ///< Commits may be missing, and versions with them.
  };
  tail_replay(published_log& log, const options& settings) : log_(log), options_(settings) {}

  [[nodiscard]] result<void> run(const format::log_point& from);

  /// Begins behind `from`: commits come through add().
  void begin(const format::log_point& from) {
    at_ = flushed_ = from;
    index_has_ = from.last;
  }
  /// The next commit of the log.
  [[nodiscard]] result<void> add(const log::segment& segment, std::uint64_t offset,
                                 const format::frame_prefix& prefix,
                                 std::span<const std::byte> frame);
  /// Forgets the generations that somebody else has brought into the index, which has everything
  /// up to here.
  /// @returns the position that the remaining ones begin behind; 0 if nothing was forgotten.
  position drop_indexed(position index_has);
  /// Commits may be missing from now on: see options.
  void note_gaps() noexcept { options_.has_gaps = true; }
  /// More than is worth keeping if the index has it.
  [[nodiscard]] bool has_complete_generation() const noexcept {
    return !generations_.empty() && generations_.front().end.has_value();
  }

  [[nodiscard]] std::deque<commit_pipeline::generation_end> take() && {
    return std::move(generations_);
  }
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  /// The last position that was added.
  [[nodiscard]] position last() const noexcept { return at_.last; }
  /// Everything up to here is in the index now.
  [[nodiscard]] position index_has() const noexcept { return index_has_; }

 private:
  [[nodiscard]] result<void> add_lost_versions(const format::frame_prefix& prefix,
                                               std::span<const std::byte> frame,
                                               const format::stream_table& table);
  void begin_generation();
  void end_generation();
  void try_to_flush();

  published_log& log_;
  options options_;
  std::deque<commit_pipeline::generation_end> generations_;
  format::log_point at_;
  format::log_point flushed_;
  position index_has_;
  std::uint64_t events_ = 0;
};

}  // namespace mainstem::engine
