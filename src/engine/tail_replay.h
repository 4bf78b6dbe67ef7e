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

  [[nodiscard]] std::deque<commit_pipeline::generation_end> take() && {
    return std::move(generations_);
  }
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  /// Everything up to here is in the index now.
  [[nodiscard]] position index_has() const noexcept { return index_has_; }

 private:
  [[nodiscard]] result<void> add(const log::segment& segment, std::uint64_t offset,
                                 const format::frame_prefix& prefix,
                                 std::span<const std::byte> frame);
  [[nodiscard]] result<void> add_lost_versions(const format::frame_prefix& prefix,
                                               std::span<const std::byte> frame,
                                               const format::stream_table& table);
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
