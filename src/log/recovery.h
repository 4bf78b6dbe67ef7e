// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <mainstem/error.h>
#include <mainstem/types.h>

#include "log/segment.h"
#include "log/segment_files.h"

namespace mainstem::log {

struct recovery_request {
  log_point from;     ///< Everything up to here is in the index; default: nothing is.
  position evidence;  ///< The highest position that anyone has recorded as durable.
  bool accept_loss = false;
  /// Nothing is written: what is proven can be read, and that is all. For a full disk, or one that
  /// is read-only.
  bool change_nothing = false;
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress;
};

struct recovered_log {
  segment_list segments;  ///< The last one is where to go on writing, unless damage is set.
  log_point end;          ///< Behind the last frame.
  /// The highest position that is sure to be on the disk. Less than end.last only if damage is set.
  position durable;
  std::uint32_t epoch = 1;           ///< The writer's from now on: above every epoch found.
  std::uint64_t last_timestamp = 0;  ///< Of the last frame.
  bool clean = true;  ///< The log ended with a mark and nothing behind it; or it is new.
  /// False if nothing in the log shows that request.from is a place in it: whoever recorded it may
  /// know another history.
  bool from_found = true;
  std::uint64_t events_rewritten = 0;
  std::uint64_t bytes_cut = 0;
  /// Set if acknowledged events are damaged or missing. Without accept_loss nothing was changed on
  /// the disk, and nothing may be written.
  std::optional<error> damage;
  /// A blank file with the number behind the last segment's, as make_spare() makes them; may be
  /// null.
  std::shared_ptr<os::file> spare;
};

/// Brings the log into a state from which it can be written, as docs/FORMAT.md describes it under
/// "Recovery". May be interrupted by a crash at any point, and repeated. What it answers with is
/// durable. Errors: unsupported_format, foreign_file, missing_segment, disk_full, and whatever the
/// disk says.
[[nodiscard]] result<recovered_log> recover(segment_files& files, const recovery_request& request);

/// Calls `handle` for every commit frame beyond `from`, in order; frame and prefix were verified.
/// Damaged stretches are skipped: recover() has reported them.
[[nodiscard]] result<void> replay(
    const segment_list& segments, const log_point& from, const format::store_identity& store,
    const std::function<result<void>(const segment&, std::uint64_t offset,
                                     const format::frame_prefix&,
                                     std::span<const std::byte> frame)>& handle);

}  // namespace mainstem::log
