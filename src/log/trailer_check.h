// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "format/frame.h"
#include "format/segment_header.h"
#include "format/trailer.h"
#include "log/file_window.h"

namespace mainstem::log {

/// Compares the trailer of a segment with its frames, as they are walked.
class trailer_check {
 public:
  /// Reads the trailer that the file ends with, if it does. After an error it counts as missing.
  [[nodiscard]] result<void> begin(file_window& window, std::uint32_t number);

  /// The next commit or mark of the segment.
  void take(const format::frame_prefix& prefix, std::uint64_t offset) noexcept;

  [[nodiscard]] bool begins_at(std::uint64_t offset) const noexcept {
    return trailer_ && trailer_->offset_bytes == offset;
  }
  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }
  /// Of the trailer; 0 without one.
  [[nodiscard]] std::uint64_t length() const noexcept {
    return trailer_ ? trailer_->prefix.length : 0;
  }

  struct segment_end {
    const format::segment_header& header;
    std::uint64_t expected = 0;  ///< The position of the next event.
    std::uint64_t chain = 0;
    std::uint64_t size_bytes = 0;
    bool is_ended = false;  ///< There is a segment behind it.
  };
  /// What is wrong with the trailer of a segment whose frames end at `end_offset`, in words; empty
  /// if nothing is. A segment that was not sealed yet needs none.
  [[nodiscard]] std::string flaw_at(std::uint64_t end_offset, const segment_end& end) const;

 private:
  std::optional<format::trailer> trailer_;
  std::uint64_t frames_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t first_timestamp_ = 0;
  std::uint64_t last_timestamp_ = 0;
  std::size_t next_entry_ = 0;
  bool entries_hold_ = true;
};

}  // namespace mainstem::log
