// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "log/chain_walker.h"
#include "log/recovery.h"
#include "log/segment_files.h"

namespace mainstem::log {

/// What the files of a log say. Nothing was changed.
struct log_survey {
  std::vector<surveyed_file> files;  ///< Their numbers are consecutive, from 1.
  std::vector<std::string> aside;    ///< Files that were never completed.

  std::uint64_t evidence = 0;  ///< The highest position that was durable at some time.
  std::uint64_t highest = 0;   ///< In any valid frame.
  std::uint32_t highest_epoch = 0;
  std::uint64_t last_timestamp = 0;
  std::uint64_t expected = 1;  ///< The position behind the last frame.
  std::uint64_t chain = 0;     ///< The checksum of the last frame.
  std::vector<chain_break> breaks;
  std::vector<pending_commit> pending;
  proven_point proven;
  std::optional<chain_walker::mark_place> final_mark;
  bool from_found = false;

  /// The first break behind which something is gone or damaged that had been durable.
  [[nodiscard]] const chain_break* damage() const noexcept;
  /// The segment behind the last one is gone, and nothing else speaks of what it held.
  [[nodiscard]] bool lacks_its_end() const noexcept;
  /// How many files, from the first, have a header or frames.
  [[nodiscard]] std::size_t used_files() const noexcept;
  /// The log ends with a mark, and nothing stands behind it.
  [[nodiscard]] bool is_clean() const noexcept;
  /// There are bytes other than zeros, or frames, that do not count.
  [[nodiscard]] bool leaves_something_out() const noexcept;
  /// Both come to the same conclusions.
  [[nodiscard]] bool agrees_with(const log_survey& other) const noexcept;
};

/// Reads what recover() has to know. Cost: the header and the trailer of each segment before
/// request.from, all of the others. Errors: unsupported_format, foreign_file, missing_segment, and
/// whatever the disk says.
[[nodiscard]] result<log_survey> survey_log(segment_files& files, const recovery_request& request);

}  // namespace mainstem::log
