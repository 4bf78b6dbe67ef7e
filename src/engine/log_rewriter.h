// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/types.h>

#include "base/clock.h"
#include "format/frame.h"
#include "log/segment_files.h"

namespace mainstem::engine {

/// Writes commits into new segments, at the positions that they have. Where positions lack, a new
/// segment begins which says that the loss was accepted.
class log_rewriter {
 public:
  struct settings {
    std::uint64_t segment_size_bytes = 64U << 20U;
    std::uint32_t epoch = 1;
  };
  log_rewriter(std::shared_ptr<os::directory> to, const format::store_identity& store,
               clock_source& clock, const settings& how);

  /// Body and first versions are written as they are. Positions ascend.
  /// @param prefix of the commit; what depends on its place is replaced.
  [[nodiscard]] result<void> append(const format::frame_prefix& prefix,
                                    std::span<const std::byte> frame);

  /// Ends the log with a mark. On success: it is durable.
  /// @param taken positions up to here are never given to another event.
  [[nodiscard]] result<void> finish(position taken);

  [[nodiscard]] std::uint32_t segments() const noexcept { return number_; }

 private:
  [[nodiscard]] result<void> begin_segment(std::uint64_t first_position, std::uint64_t frame_bytes);
  [[nodiscard]] result<void> end_segment();
  [[nodiscard]] result<void> write_frame(format::frame_prefix prefix,
                                         std::span<const std::byte> frame);
  [[nodiscard]] result<void> write_out();

  log::segment_files files_;
  settings settings_;
  std::shared_ptr<os::file> file_;
  format::segment_header header_;
  std::vector<std::byte> buffer_;  // Of the file from written_ on.
  std::uint64_t written_ = 0;
  std::uint32_t number_ = 0;
  std::uint64_t last_position_ = 0;
  std::uint64_t last_timestamp_ = 0;
  std::uint64_t chain_ = 0;
};

}  // namespace mainstem::engine
